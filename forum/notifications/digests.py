"""Mail of what is told: when its time has come, unless it was read or hidden by then; of several things one letter."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from asyncpg import Record
from msgspec import structs

from core import clock
from core.ids import MemberId
from forum.notifications.email_preferences import unsubscribe_token
from forum.notifications.notifications import FOLLOWED_KINDS, POST_KINDS, find_unread_notifications
from forum.notifications.reasons import describe_reason
from forum.notifications.shapes import Notification
from members.accounts.actors import load_reader
from members.emails.email_jobs import AddressOwner, Mailer, find_address_owner
from members.emails.emails import OutgoingEmail, Sender
from members.emails.translations import Translations
from storage.database import Database, Transaction
from storage.statements import statement

# Nobody gets more letters in a day; what is left comes with the next one.
MOST_EMAILS_A_DAY = 100
_STOPS = {"topic": "topic", "sector": "sector", "tag": "tag"}

_TAKE = statement("""
SELECT member_id FROM notifications WHERE mail_due_at <= :now ORDER BY mail_due_at LIMIT 1 FOR UPDATE SKIP LOCKED
""")
# A second worker finds these held, and leaves them: each is in one letter only.
_DUE = statement("""
SELECT id FROM notifications WHERE member_id = :member AND mail_due_at <= :now ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED
""")
_DONE = statement("""
UPDATE notifications SET mail_due_at = NULL,
    mailed_at = CASE WHEN id = ANY(CAST(:mailed AS bigint[])) THEN CAST(:now AS timestamptz) ELSE mailed_at END
WHERE id = ANY(CAST(:ids AS bigint[]))
""")
# What was muted or not wished any more since it was told.
_UNWISHED = statement("""
SELECT n.id FROM notifications n
LEFT JOIN following f ON f.member_id = n.member_id AND f.topic_id = n.topic_id
LEFT JOIN mail_wishes w ON w.member_id = n.member_id
WHERE n.id = ANY(CAST(:ids AS bigint[])) AND (f.mail = 'never' OR f.chosen = 0 AND n.kind = ANY(CAST(:talk AS text[]))
    OR EXISTS (
        SELECT FROM following wide WHERE wide.member_id = n.member_id AND (wide.mail = 'never' OR wide.chosen = 0)
            AND (n.because ->> 'code' = 'sector' AND CAST(wide.sector_id AS text) = n.because ->> 'id'
                OR n.because ->> 'code' = 'tag' AND wide.tag = n.because ->> 'id'))
    OR CASE WHEN n.kind = ANY(CAST(:followed AS text[])) THEN w.followed ELSE w.direct END = 'never')
""")
# Why each is told, as facts, and the post that the one it is about answers.
_WHY = statement("""
SELECT n.id, n.because, p.parent_id FROM notifications n LEFT JOIN posts p ON p.id = n.post_id
WHERE n.id = ANY(CAST(:ids AS bigint[]))
""")
_TODAY = statement("""
SELECT count(DISTINCT mailed_at) FROM notifications
WHERE member_id = :member AND mailed_at > CAST(:now AS timestamptz) - interval '1 day'
""")
# One that cannot be sent holds up no other: tried again for three days.
_LATER = statement("""
UPDATE notifications SET mail_due_at = CASE WHEN told_at > CAST(:now AS timestamptz) - interval '3 days'
    THEN CAST(:now AS timestamptz) + interval '30 minutes' END
WHERE member_id = :member AND mail_due_at <= :now
""")


async def send_next_digest(office: Mailer, db: Database) -> bool:
    """Write to one member whose mail is due. A chore."""
    now, member = clock.now(), None
    try:
        async with db.begin() as tx:
            member = await tx.value(_TAKE, now=now)
            if member is None:
                return False
            rows = await tx.rows(_DUE, member=member, now=now)
            await _mail(office, tx, MemberId(member), rows)
    except Exception:
        if member is None:
            raise
        async with db.begin() as tx:
            await tx.run(_LATER, member=member, now=now)
        raise
    return True


async def _mail(office: Mailer, tx: Transaction, member: MemberId, rows: Sequence[Record]) -> None:
    now, ids = clock.now(), [row["id"] for row in rows]
    unwished = {
        row["id"]
        for row in await tx.rows(_UNWISHED, ids=ids, followed=list(FOLLOWED_KINDS), talk=list(POST_KINDS))
    }
    reader = await load_reader(tx, member, now)
    told = [one for one in await find_unread_notifications(tx, reader, ids) if one.id not in unwished]
    holder = await find_address_owner(tx, member)
    if holder is None or holder.email is None or not holder.is_verified:
        told = []
    if told and await tx.value(_TODAY, member=member, now=now) >= MOST_EMAILS_A_DAY:
        await tx.run(_LATER, member=member, now=now)
        return
    await tx.run(_DONE, ids=ids, mailed=[one.id for one in told], now=now)
    if told and holder is not None:
        await office.send(await _letter(office.sender, tx, holder, told))


async def _letter(
    sender: Sender, tx: Transaction, holder: AddressOwner, told: Sequence[Notification]
) -> OutgoingEmail:
    to = holder.recipient_at(holder.email or "")
    words = sender.translations_for(to)
    groups = [list(group) for _, group in groupby(told, key=lambda one: (one.topic, one.decision))]
    why = {row["id"]: row for row in await tx.rows(_WHY, ids=[one.id for one in told])}
    first, last = told[0], max(told, key=lambda one: one.id)
    is_one = len(groups) == 1
    subject = _subject(words, first) if is_one else words.translate_plural("told.topics", len(groups))
    stops = [
        (scope.partition("-")[0], f"{sender.url}/mail/stop/{await unsubscribe_token(tx, holder.id, scope)}")
        for scope in _scopes(told, why, is_one)
    ]
    ways = [
        *(words.translate(f"told.stop_{_STOPS.get(scope, 'kind')}", link=stop) for scope, stop in stops),
        words.translate("told.settings", link=f"{sender.url}/following"),
        words.translate("told.inbox", link=f"{sender.url}/inbox"),
    ]
    parts = [*(_of_group(sender, words, group, why, to.time_zone) for group in groups), "\n".join(ways)]
    # Mail programs show letters about one topic together, each below the one it answers, and know the same letter if it
    # should come twice.
    thread: tuple[str, ...] = ()
    answered = why[last.id]["parent_id"]
    if is_one and first.topic:
        thread = (f"topic-{first.topic}.{holder.id}",)
        if last.kind in POST_KINDS and answered:
            thread += (f"post-{answered}.{holder.id}",)
    return structs.replace(
        sender.compose_text(to, subject, "\n\n".join(parts)),
        id=f"post-{last.post}.{holder.id}" if last.kind in POST_KINDS else f"told-{last.id}.{holder.id}",
        thread=thread,
        stop=stops[0][1],
    )


def _subject(words: Translations, one: Notification) -> str:
    key = f"told.subject.{one.kind}"
    return words.translate(key) if words.has(key) else one.title


def _scopes(told: Sequence[Notification], why: Mapping[int, Record], is_one: bool) -> list[str]:
    """What of it can be stopped, the narrowest first: the topic, the sector or tag that all of it came by, its kind."""
    reasons = [why[one.id]["because"] or {} for one in told]
    codes = {(one.get("code"), one.get("id")) for one in reasons}
    code, key = next(iter(codes))
    wide = [f"{code}-{key}"] if len(codes) == 1 and code in ("sector", "tag") and key else []
    is_opened = all(one.kind == "opened" for one in told)
    topic = [f"topic-{told[0].topic}"] if is_one and told[0].topic else []
    kind = ["followed" if any(one.kind in FOLLOWED_KINDS for one in told) else "direct"]
    # Whoever is told of new topics of a sector wants to stop these rather than the one topic.
    narrow = [*wide, *topic] if is_opened else [*topic, *wide]
    return narrow or kind


def _of_group(
    sender: Sender, words: Translations, told: Sequence[Notification], why: Mapping[int, Record], zone: str
) -> str:
    parts, before = [told[0].title] if told[0].title else [], ""
    for one in told:
        reason = describe_reason(why[one.id]["because"], one.reason, words.language)
        if words.has(f"told.subject.{one.kind}"):
            reason = f"{_subject(words, one)}\n{reason}"
        place = (
            f"/decisions/{one.decision}"
            if one.decision
            else f"/p/{one.post}"
            if one.post
            else f"/t/{one.topic}"
        )
        if one.kind == "answered":
            place = f"/t/{one.topic}/room/{one.number}"
        # What is said apart from talk is read where it stands.
        said = words.moment(one.told_at, zone)
        if one.excerpt and one.kind in (*POST_KINDS, "found"):
            said += f": {one.excerpt}"
        parts.append("\n".join([*([reason] if reason != before else []), said, f"{sender.url}{place}"]))
        before = reason
    return "\n\n".join(parts)
