"""How members like to be mailed, and the links that stop a kind of mail without signing in."""

import hmac
import re
from hashlib import sha256
from typing import Literal
from zoneinfo import available_timezones

from msgspec import UNSET, Struct, UnsetType

from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import MemberId
from storage.database import Reader, Transaction
from storage.statements import statement

EmailFrequency = Literal["at_once", "daily", "weekly", "never"]

_KEY = re.compile(
    r"([0-9]{1,18})\.(direct|followed|(?:topic|sector)-[0-9]{1,18}|tag-[a-z0-9-]{1,60})\.([0-9a-f]{40})"
)
_READ = statement("SELECT direct, followed, time_zone FROM mail_wishes WHERE member_id = :member")
_KEY_OF = statement("SELECT key FROM mail_wishes WHERE member_id = :member")
_MAKE = statement("INSERT INTO mail_wishes (member_id) VALUES (:member) ON CONFLICT DO NOTHING")
_SET = statement("""
INSERT INTO mail_wishes (member_id, direct, followed, time_zone) VALUES (:member, :direct, :followed, :time_zone)
ON CONFLICT (member_id) DO UPDATE
SET direct = excluded.direct, followed = excluded.followed, time_zone = excluded.time_zone
""")
_NEVER = "ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE SET mail = 'never'"
_STOP = {
    "topic": statement(f"""
INSERT INTO following (member_id, topic_id, mail) SELECT :member, id, 'never' FROM topics WHERE id = :key {_NEVER}
"""),
    "sector": statement(f"""
INSERT INTO following (member_id, sector_id, mail) SELECT :member, id, 'never' FROM sectors WHERE id = :key {_NEVER}
"""),
    "tag": statement(
        f"INSERT INTO following (member_id, tag, mail) VALUES (:member, :key, 'never') {_NEVER}"
    ),
}


class NoSuchZone(Invalid):
    """The time zone is not one of those that are known by name."""

    message = "This is not a known time zone. Write it like Africa/Lubumbashi."


class MailWishes(Struct, frozen=True, kw_only=True):
    """When mail comes: of what is meant for the member alone (`direct`), and of what the member follows. What comes daily or
    weekly comes at seven in the morning of the time zone; what comes at once waits ten minutes for being read here."""

    direct: EmailFrequency = "at_once"
    followed: EmailFrequency = "daily"
    time_zone: str = "UTC"


class NewMailWishes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of it to change."""

    direct: EmailFrequency | UnsetType = UNSET
    followed: EmailFrequency | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


async def read_email_preferences(tx: Reader, actor: Actor) -> MailWishes:
    """How the member likes to be mailed."""
    return await find_email_preferences(tx, actor.signed_in())


async def find_email_preferences(tx: Reader, member: MemberId) -> MailWishes:
    """The same of anybody, for those who write mail."""
    row = await tx.row(_READ, member=member)
    return MailWishes() if row is None else MailWishes(**row)


async def set_email_preferences(tx: Transaction, actor: Actor, new: NewMailWishes) -> MailWishes:
    """Say how one likes to be mailed from now on; what is on its way already is asked again before it goes."""
    member = actor.signed_in()
    before = await find_email_preferences(tx, member)
    zone = before.time_zone if new.time_zone is UNSET else new.time_zone
    if zone not in available_timezones():
        raise NoSuchZone(field="time_zone")
    direct = before.direct if new.direct is UNSET else new.direct
    followed = before.followed if new.followed is UNSET else new.followed
    await tx.run(_SET, member=member, direct=direct, followed=followed, time_zone=zone)
    return await find_email_preferences(tx, member)


async def unsubscribe_token(tx: Transaction, member: MemberId, scope: str) -> str:
    """What the address that stops one kind of mail to a member ends with: good for nothing else, and for as long as the
    mail is kept."""
    await tx.run(_MAKE, member=member)
    key = await tx.value(_KEY_OF, member=member)
    return f"{member}.{scope}.{_sign(key, member, scope)}"


async def unsubscribe(tx: Transaction, given: str) -> str:
    """Stop what such a key stops: `direct`, `followed`, or what one topic, sector or tag brings; as often as it is said."""
    member, scope = await find_unsubscribe(tx, given)
    if scope == "direct" or scope == "followed":
        wishes = await find_email_preferences(tx, member)
        stopped = {"direct": wishes.direct, "followed": wishes.followed, scope: "never"}
        await tx.run(_SET, member=member, time_zone=wishes.time_zone, **stopped)
    else:
        of, _, key = scope.partition("-")
        await tx.run(_STOP[of], member=member, key=key if of == "tag" else int(key))
    return scope


async def find_unsubscribe(tx: Reader, given: str) -> tuple[MemberId, str]:
    """Whose mail of which kind a key stops; a key that was not given out is not found."""
    found = _KEY.fullmatch(given)
    if found is None:
        raise NotFound
    member, scope = MemberId(int(found[1])), found[2]
    key = await tx.value(_KEY_OF, member=member)
    if key is None or not hmac.compare_digest(_sign(key, member, scope), found[3]):
        raise NotFound
    return member, scope


def _sign(key: bytes, member: MemberId, scope: str) -> str:
    return hmac.digest(key, f"{member}.{scope}".encode(), sha256).hex()[:40]
