"""E-mail preferences of members, and the links that unsubscribe from a kind of e-mail without signing in."""

import hmac
import re
from hashlib import sha256
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from core.actor import Actor
from core.clock import is_time_zone
from core.errors import Invalid, NotFound
from core.ids import MemberId
from core.languages.texts import translatable
from storage.database import Reader, Transaction
from storage.statements import statement

EmailFrequency = Literal["at_once", "daily", "weekly", "never"]

_TOKEN = re.compile(
    r"([0-9]{1,18})\.(direct|followed|(?:topic|sector)-[0-9]{1,18}|tag-[a-z0-9-]{1,60})\.([0-9a-f]{40})"
)
_SELECT_PREFERENCES = statement(
    "SELECT direct, followed, time_zone FROM mail_wishes WHERE member_id = :member"
)
_SELECT_SIGNING_KEY = statement("SELECT key FROM mail_wishes WHERE member_id = :member")
_INSERT_DEFAULT_PREFERENCES = statement(
    "INSERT INTO mail_wishes (member_id) VALUES (:member) ON CONFLICT DO NOTHING"
)
_UPSERT_PREFERENCES = statement("""
INSERT INTO mail_wishes (member_id, direct, followed, time_zone) VALUES (:member, :direct, :followed, :time_zone)
ON CONFLICT (member_id) DO UPDATE
SET direct = excluded.direct, followed = excluded.followed, time_zone = excluded.time_zone
""")
_UPSERT_NO_EMAIL_OF_TOPIC = statement("""
INSERT INTO following (member_id, topic_id, mail) SELECT :member, id, 'never' FROM topics WHERE id = :key
ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE SET mail = 'never'
""")
_UPSERT_NO_EMAIL_OF_SECTOR = statement("""
INSERT INTO following (member_id, sector_id, mail) SELECT :member, id, 'never' FROM sectors WHERE id = :key
ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE SET mail = 'never'
""")
_UPSERT_NO_EMAIL_OF_TAG = statement("""
INSERT INTO following (member_id, tag, mail) VALUES (:member, :key, 'never')
ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE SET mail = 'never'
""")
_UPSERT_NO_EMAIL = {
    "topic": _UPSERT_NO_EMAIL_OF_TOPIC,
    "sector": _UPSERT_NO_EMAIL_OF_SECTOR,
    "tag": _UPSERT_NO_EMAIL_OF_TAG,
}


class NoSuchZone(Invalid):
    """The time zone is not in the IANA time zone database."""

    message = translatable("This is not a known time zone. Write it like Africa/Lubumbashi.")


class MailWishes(Struct, frozen=True, kw_only=True):
    """How often e-mails are sent: about notifications addressed to the member (`direct`), and about what the member follows.

    Daily and weekly e-mails are sent at 7:00 in the time zone. Immediate ones wait ten minutes, in case the member reads the
    notification on the site.
    """

    direct: EmailFrequency = "at_once"
    followed: EmailFrequency = "daily"
    time_zone: str = "UTC"


class NewMailWishes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to the e-mail preferences; fields left out stay as they are."""

    direct: EmailFrequency | UnsetType = UNSET
    followed: EmailFrequency | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


async def read_email_preferences(tx: Reader, actor: Actor) -> MailWishes:
    """Return the actor's e-mail preferences."""
    return await find_email_preferences(tx, actor.signed_in())


async def find_email_preferences(tx: Reader, member: MemberId) -> MailWishes:
    """Return the e-mail preferences of any member, or the defaults."""
    row = await tx.row(_SELECT_PREFERENCES, member=member)
    return MailWishes() if row is None else MailWishes(**row)


def ensure_zone_exists(zone: str) -> None:
    """Raise NoSuchZone unless this is the name of a time zone."""
    if not is_time_zone(zone):
        raise NoSuchZone(field="time_zone")


async def set_email_preferences(tx: Transaction, actor: Actor, new: NewMailWishes) -> MailWishes:
    """Change the actor's e-mail preferences and return them; raise NoSuchZone. They are checked again before each e-mail."""
    member = actor.signed_in()
    before = await find_email_preferences(tx, member)
    zone = before.time_zone if new.time_zone is UNSET else new.time_zone
    ensure_zone_exists(zone)
    direct = before.direct if new.direct is UNSET else new.direct
    followed = before.followed if new.followed is UNSET else new.followed
    await tx.run(_UPSERT_PREFERENCES, member=member, direct=direct, followed=followed, time_zone=zone)
    return await find_email_preferences(tx, member)


async def unsubscribe_token(tx: Transaction, member: MemberId, scope: str) -> str:
    """Return the signed token in the link that unsubscribes a member from one kind of e-mail.

    It permits nothing else and does not expire, because members keep their e-mails.
    """
    await tx.run(_INSERT_DEFAULT_PREFERENCES, member=member)
    key = await tx.value(_SELECT_SIGNING_KEY, member=member)
    return f"{member}.{scope}.{_sign(key, member, scope)}"


async def unsubscribe(tx: Transaction, given: str) -> str:
    """Unsubscribe the token's member from the token's scope and return the scope; raise NotFound. Repeating changes nothing.

    The scope is `direct`, `followed`, or one topic, sector or tag.
    """
    member, scope = await find_unsubscribe(tx, given)
    if scope == "direct" or scope == "followed":
        before = await find_email_preferences(tx, member)
        preferences = {"direct": before.direct, "followed": before.followed, scope: "never"}
        await tx.run(_UPSERT_PREFERENCES, member=member, time_zone=before.time_zone, **preferences)
    else:
        of, _, key = scope.partition("-")
        await tx.run(_UPSERT_NO_EMAIL[of], member=member, key=key if of == "tag" else int(key))
    return scope


async def find_unsubscribe(tx: Reader, given: str) -> tuple[MemberId, str]:
    """Return the member and the scope of an unsubscribe token; raise NotFound if its signature is not valid."""
    found = _TOKEN.fullmatch(given)
    if found is None:
        raise NotFound
    member, scope = MemberId(int(found[1])), found[2]
    key = await tx.value(_SELECT_SIGNING_KEY, member=member)
    if key is None or not hmac.compare_digest(_sign(key, member, scope), found[3]):
        raise NotFound
    return member, scope


def _sign(key: bytes, member: MemberId, scope: str) -> str:
    return hmac.digest(key, f"{member}.{scope}".encode(), sha256).hex()[:40]
