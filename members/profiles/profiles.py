"""Profiles: what members say of themselves, and what of it others see."""

from msgspec import UNSET, structs
from sqlalchemy import Text, bindparam, select

from core.actor import Actor
from core.errors import Invalid, NotFound, Stale
from core.ids import MemberId
from core.text import tidy
from members.events import ProfileChanged
from members.handles import normalize_handle
from members.profiles.countries import COUNTRIES
from members.profiles.profile_hiding import FREE_TEXT_FIELDS
from members.shapes import Author, EmailLanguage, Me, MemberList, OwnDuty, Profile, ProfileChange, Taxonomies
from members.tables import members
from storage.database import Reader, Transaction
from storage.statements import statement

_FIELDS = (
    "organisation stakeholder_group country sectors stages materials languages letters_in post_order about public joined_at "
    "silenced_until version"
).split()
_MINE = (
    members.c.id,
    members.c.handle,
    members.c.display_name,
    members.c.email,
    members.c.email_verified_at.is_not(None).label("is_verified"),
    *(members.c[name] for name in _FIELDS),
)
READ = statement(select(*_MINE).where(members.c.id == bindparam("member")))
READ_LOCKED = statement(select(*_MINE).where(members.c.id == bindparam("member")).with_for_update())
LANGUAGE = statement("SELECT letters_in FROM members WHERE id = :member")
OWN_DUTIES = statement("""
SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering FROM duties d LEFT JOIN sectors s ON s.id = d.sector_id
WHERE d.member_id = :member ORDER BY d.duty, s.slug, d.gathering_id
""")
READ_PUBLIC = statement(
    select(
        members.c.id,
        members.c.handle,
        members.c.display_name,
        members.c.is_claimed,
        members.c.profile_hidden_at,
        *(members.c[n] for n in _FIELDS),
    ).where(members.c.handle == bindparam("handle", type_=Text))
)
CHANGE = statement("""
UPDATE members SET display_name = :display_name, organisation = :organisation, stakeholder_group = :stakeholder_group,
    country = :country, sectors = :sectors, stages = :stages, materials = :materials, languages = :languages,
    letters_in = :letters_in, post_order = :post_order, about = :about, public = :public, version = version + 1
WHERE id = :member
""")
# The index of handles serves the first, that of names the second.
NAMED = statement("""
SELECT a.id, a.handle, a.display_name, a."group"
FROM members m JOIN public_authors a ON a.id = m.id
WHERE m.is_claimed AND m.email_verified_at IS NOT NULL
    AND (m.handle LIKE :handle OR lower(m.display_name) LIKE :name)
ORDER BY m.handle = :whole DESC, m.handle LIKE :handle DESC, m.handle LIMIT :count
""")
FACES = statement("""
SELECT id, handle, display_name, "group" FROM public_authors WHERE id = ANY(CAST(:ids AS bigint[]))
""")

NAMED_AT_ONCE = 8
_CHANGEABLE = tuple(ProfileChange.__struct_fields__)
_HIDEABLE = (
    "organisation",
    "stakeholder_group",
    "country",
    "sectors",
    "stages",
    "materials",
    "languages",
    "about",
)


class NotInTheList(Invalid):
    """A value that has to come from one of the community's lists does not."""

    message = "This is not one of the values to choose from."


async def read_member(tx: Reader, member: MemberId) -> Me:
    """A member with everything that only the member sees."""
    row = await tx.row(READ, member=member)
    if row is None:
        raise NotFound
    own = [OwnDuty(**duty) for duty in await tx.rows(OWN_DUTIES, member=member)]
    return Me(**row, duties=own)


async def find_email_language(tx: Reader, actor: Actor) -> EmailLanguage | None:
    """The language that a member has chosen to be written to in."""
    found: EmailLanguage | None = await tx.value(LANGUAGE, member=actor.id)
    return found


async def read_profile(tx: Reader, handle: str) -> Profile:
    """What everybody may know of a member."""
    row = await tx.row(READ_PUBLIC, handle=normalize_handle(handle))
    if row is None:
        raise NotFound
    hidden = FREE_TEXT_FIELDS if row["profile_hidden_at"] else frozenset()
    shown = {name: row[name] for name in _HIDEABLE if name in row["public"] and name not in hidden}
    return Profile(
        id=row["id"],
        handle=row["handle"],
        display_name=row["display_name"],
        claimed=row["is_claimed"],
        joined_at=row["joined_at"],
        is_hidden=row["profile_hidden_at"] is not None,
        **shown,
    )


async def read_authors(tx: Reader, ids: list[int]) -> dict[int, Author]:
    """The faces of many members in one query."""
    return {row["id"]: Author(**row) for row in await tx.rows(FACES, ids=ids)}


async def suggest_members(tx: Reader, actor: Actor, prefix: str) -> MemberList:
    """Members whose handle or name begins so, for those who write and call somebody by name."""
    actor.signed_in()
    begins = normalize_handle(prefix.removeprefix("@"))
    if not begins:
        return MemberList([])
    like = begins.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = await tx.rows(NAMED, whole=begins, handle=like, name=like, count=NAMED_AT_ONCE)
    return MemberList([Author(**row) for row in rows])


async def change_profile(
    tx: Transaction, actor: Actor, change: ProfileChange, lists: Taxonomies, version: int | None = None
) -> Me:
    """Change what the member says of themselves. Given a version, only if the profile still has it."""
    member = actor.signed_in()
    ensure_in_lists(change, lists)
    row = await tx.row(READ_LOCKED, member=member)
    if row is None:
        raise NotFound
    if version is not None and version != row["version"]:
        raise Stale(await read_member(tx, member))

    before = {name: row[name] for name in _CHANGEABLE}
    after = before | {
        name: _tidied(value) for name, value in structs.asdict(change).items() if value is not UNSET
    }
    after["display_name"] = after["display_name"] or row["handle"]
    if after != before:
        await tx.run(CHANGE, member=member, **after)
    if _face(after) != _face(before):
        await tx.record(ProfileChanged(member_id=member))
    return await read_member(tx, member)


def ensure_in_lists(change: ProfileChange, lists: Taxonomies) -> None:
    """Group, country, sectors, stages, materials and languages come from the community's lists."""
    chosen = {
        "stakeholder_group": (lists.groups, [change.stakeholder_group]),
        "country": (COUNTRIES.keys(), [change.country]),
        "sectors": (lists.sectors, change.sectors),
        "stages": (lists.stages, change.stages),
        "materials": (lists.materials, change.materials),
        "languages": (lists.languages, change.languages),
    }
    for field, (choices, values) in chosen.items():
        if values is not UNSET and any(
            value not in choices for value in values if value not in (None, UNSET)
        ):
            raise NotInTheList(field=field)


def _tidied(value: object) -> object:
    if isinstance(value, str):
        return tidy(value)
    return list(dict.fromkeys(value)) if isinstance(value, list) else value


def _face(profile: dict[str, object]) -> tuple[object, object]:
    public = profile["public"]
    shows_group = isinstance(public, list) and "stakeholder_group" in public
    return profile["display_name"], profile["stakeholder_group"] if shows_group else None
