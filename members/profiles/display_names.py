"""Display names that would be taken for somebody else's: of another member, of those who have roles, or of a role."""

import re

from core.errors import Invalid
from core.ids import MemberId
from core.languages.texts import translatable
from core.visible import strip_invisible
from members.handles import is_reserved_word, skeleton
from storage.database import Reader
from storage.statements import statement

SELECT_MEMBER_WITH_SKELETON = statement("""
SELECT 1 FROM members WHERE skeleton = :skeleton AND is_claimed AND id IS DISTINCT FROM CAST(:member AS bigint)
""")
SELECT_NAMES_WITH_DUTIES = statement("""
SELECT DISTINCT m.handle, m.display_name FROM duties d JOIN members m ON m.id = d.member_id
WHERE m.id IS DISTINCT FROM CAST(:member AS bigint)
""")
# One word of them makes a reader think that the member has a role. Other reserved words are part of real names.
_ROLES = frozenset(
    map(
        skeleton,
        "admin admins administrator administrators moderation moderator moderators sysadmin webmaster".split(),
    )
)
_BETWEEN_WORDS = re.compile(r"[\W_]+")


class DisplayNameNotAvailable(Invalid):
    """The display name looks like another member's handle, like the name of somebody with a role, or like a role."""

    message = translatable(
        "This name could be taken for somebody else here. Add your family name or your organisation."
    )


async def ensure_name_available(
    tx: Reader, name: str, member: MemberId | None, *, has_role: bool = False
) -> None:
    """Raise DisplayNameNotAvailable if readers could take the name for somebody else's (UTS #39, skeletons).

    Two members can have the same display name, as two people can, unless one of them has a role. Members with roles may
    name those.
    """
    seen = " ".join(strip_invisible(name).removeprefix("@").split())
    if not has_role and _names_a_role(seen):
        raise DisplayNameNotAvailable(field="display_name")
    if await tx.value(SELECT_MEMBER_WITH_SKELETON, skeleton=skeleton(seen), member=member):
        raise DisplayNameNotAvailable(field="display_name")
    mine = _letters(seen)
    for row in await tx.rows(SELECT_NAMES_WITH_DUTIES, member=member):
        if mine in (_letters(row["handle"]), _letters(row["display_name"])):
            raise DisplayNameNotAvailable(field="display_name")


def _names_a_role(name: str) -> bool:
    words = [word for word in _BETWEEN_WORDS.split(name) if word]
    return is_reserved_word("".join(words)) or any(is_reserved_word(word, _ROLES) for word in words)


def _letters(name: str) -> str:
    return _BETWEEN_WORDS.sub("", skeleton(strip_invisible(name)))
