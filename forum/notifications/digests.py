"""Digests: e-mails about notifications that are due, unless the member has read them or can no longer see them.

Several due notifications go into one e-mail. Whether they are unread, wanted and visible is looked up when the e-mail is
queued and again when it is sent.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from asyncpg import Record
from msgspec import structs

from core import clock
from core.ids import MemberId
from core.languages.texts import speaking
from forum.following_levels import MUTED
from forum.notifications.digest_body import DigestBody, lines_in_order
from forum.notifications.email_preferences import unsubscribe_token
from forum.notifications.inbox import find_unread_notifications
from forum.notifications.notifications import FOLLOWED_KINDS, POST_KINDS
from forum.notifications.shapes import Notification
from members.accounts.actors import load_reader
from members.emails.email_jobs import AddressOwner, find_address_owner
from members.emails.emails import OutgoingEmail, Sender
from members.emails.outbox import NOTIFICATION, EmailKind, QueuedEmail, queue_email
from members.emails.translations import Translations
from storage.database import Database, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

# The most e-mails to one member in a day; the remaining notifications wait for the next one.
MOST_EMAILS_A_DAY = 100
_UNSUBSCRIBE_TEXTS = {"topic": "topic", "sector": "sector", "tag": "tag"}

# While a digest of a member waits to be sent, nothing is added: what becomes due meanwhile is in the next one.
_LOCK_NEXT_DUE_MEMBER = statement("""
SELECT n.member_id, CAST(n.member_id AS text) AS item FROM notifications n WHERE n.mail_due_at <= :now AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'digests' AND w.item = CAST(n.member_id AS text) AND w.due_at > :now)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.member_id = n.member_id AND o.kind = 'digest' AND o.done_at IS NULL)
ORDER BY n.mail_due_at LIMIT 1 FOR UPDATE SKIP LOCKED
""")
# A second worker skips these locked rows, so that each notification is in one e-mail only.
_LOCK_DUE_NOTIFICATIONS = statement("""
SELECT id FROM notifications WHERE member_id = :member AND mail_due_at <= :now ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED
""")
_UPDATE_QUEUED = statement(
    "UPDATE notifications SET mail_due_at = NULL WHERE id = ANY(CAST(:ids AS bigint[]))"
)
_UPDATE_MAILED = statement("UPDATE notifications SET mailed_at = :now WHERE id = ANY(CAST(:ids AS bigint[]))")
# Notifications whose topic was muted, whose e-mails were switched off, or whose gathering has ended since they were created.
_SELECT_UNWANTED_NOTIFICATIONS = statement("""
SELECT n.id FROM notifications n
LEFT JOIN following f ON f.member_id = n.member_id AND f.topic_id = n.topic_id
LEFT JOIN mail_wishes w ON w.member_id = n.member_id
WHERE n.id = ANY(CAST(:ids AS bigint[])) AND (f.mail = 'never'
    OR n.ends_at < CAST(:now AS timestamptz)
    OR f.chosen = :muted AND n.kind = ANY(CAST(:post_kinds AS text[]))
    OR EXISTS (
        SELECT FROM following wide WHERE wide.member_id = n.member_id AND (wide.mail = 'never' OR wide.chosen = :muted)
            AND (n.because ->> 'code' = 'sector' AND CAST(wide.sector_id AS text) = n.because ->> 'id'
                OR n.because ->> 'code' = 'tag' AND wide.tag = n.because ->> 'id'))
    OR CASE WHEN n.kind = ANY(CAST(:followed AS text[])) THEN w.followed ELSE w.direct END = 'never')
""")
# The reason of each notification, and the parent of the post that it is about.
_SELECT_REASONS = statement("""
SELECT n.id, n.because, p.parent_id FROM notifications n LEFT JOIN posts p ON p.id = n.post_id
WHERE n.id = ANY(CAST(:ids AS bigint[]))
""")
_COUNT_EMAILS_TODAY = statement("""
SELECT count(DISTINCT mailed_at) FROM notifications
WHERE member_id = :member AND mailed_at > CAST(:now AS timestamptz) - interval '1 day'
""")
# After the most e-mails in a day, the next one is queued when there is room, for three days.
_POSTPONE_EMAILS = statement("""
UPDATE notifications SET mail_due_at = CASE WHEN told_at > CAST(:now AS timestamptz) - interval '3 days'
    THEN CAST(:now AS timestamptz) + interval '30 minutes' END
WHERE member_id = :member AND mail_due_at <= :now
""")
_DISCARD_DUE_EMAILS = statement("""
UPDATE notifications SET mail_due_at = NULL WHERE mail_due_at <= :now
""")


async def discard_due_emails(tx: Transaction) -> int:
    """Never e-mail the notifications that are due; they stay in the inbox. Return how many there were."""
    return await tx.run(_DISCARD_DUE_EMAILS, now=clock.now())


async def queue_next_digest(db: Database) -> bool:
    """Queue one e-mail to a member with due notifications; return False if nobody has any. This is a scheduled job."""
    return await _DIGESTS.run_next(db)


async def _take_member(tx: Transaction) -> Record | None:
    return await tx.row(_LOCK_NEXT_DUE_MEMBER, now=clock.now())


async def _queue_digest(tx: Transaction, row: Record) -> None:
    member, now = MemberId(row["member_id"]), clock.now()
    ids = [row["id"] for row in await tx.rows(_LOCK_DUE_NOTIFICATIONS, member=member, now=now)]
    wanted = await _find_wanted(tx, member, ids)
    if wanted and await tx.value(_COUNT_EMAILS_TODAY, member=member, now=now) >= MOST_EMAILS_A_DAY:
        await tx.run(_POSTPONE_EMAILS, member=member, now=now)
        return
    await tx.run(_UPDATE_QUEUED, ids=ids)
    if wanted:
        last = max(wanted, key=lambda notification: notification.id)
        facts = {"notifications": [notification.id for notification in wanted]}
        event, message_id = f"notification/{last.id}", _message_id(last, member)
        await queue_email(tx, DIGEST, member, facts, event=event, message_id=message_id)


_DIGESTS = ItemJob("digests", _take_member, _queue_digest)


async def _find_wanted(tx: Transaction, member: MemberId, ids: Sequence[int]) -> list[Notification]:
    """Return those notifications that are unread, and that the member can see and wants by e-mail, if the address is
    verified."""
    now = clock.now()
    owner = await find_address_owner(tx, member)
    if owner is None or owner.email is None or not owner.is_verified:
        return []
    kinds = {"followed": list(FOLLOWED_KINDS), "post_kinds": list(POST_KINDS)}
    unwanted_rows = await tx.rows(_SELECT_UNWANTED_NOTIFICATIONS, ids=ids, muted=MUTED, now=now, **kinds)
    unwanted = {row["id"] for row in unwanted_rows}
    unread = await find_unread_notifications(tx, await load_reader(tx, member, now), ids)
    return [notification for notification in unread if notification.id not in unwanted]


async def _compose(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    assert email.member_id is not None
    owner = await find_address_owner(tx, email.member_id)
    if owner is None:
        return None
    with speaking(sender.translations_for(owner.recipient_at(owner.email or "")).spoken):
        wanted = await _find_wanted(tx, email.member_id, email.facts["notifications"])
        return await _compose_digest(sender, tx, owner, wanted) if wanted else None


async def _mark_mailed(tx: Transaction, email: QueuedEmail) -> None:
    await tx.run(_UPDATE_MAILED, ids=email.facts["notifications"], now=clock.now())


DIGEST = EmailKind(name="digest", compose=_compose, priority=NOTIFICATION, on_sent=_mark_mailed)


async def _compose_digest(
    sender: Sender, tx: Transaction, owner: AddressOwner, notifications: Sequence[Notification]
) -> OutgoingEmail:
    to = owner.recipient_at(owner.email or "")
    words = sender.translations_for(to)
    groups = [list(group) for _, group in groupby(notifications, key=_subject_of)]
    rows = await tx.rows(_SELECT_REASONS, ids=[notification.id for notification in notifications])
    reasons = {row["id"]: row for row in rows}
    first, last = notifications[0], max(notifications, key=lambda n: n.id)
    is_single = len(groups) == 1
    subject = _subject(words, first) if is_single else words.translate_plural("told.topics", len(groups))
    stops = [
        (scope.partition("-")[0], f"{sender.url}/mail/stop/{await unsubscribe_token(tx, owner.id, scope)}")
        for scope in _unsubscribe_scopes(notifications, reasons, is_single)
    ]
    wanted = [
        *((f"told.stop_{_UNSUBSCRIBE_TEXTS.get(scope, 'kind')}", stop) for scope, stop in stops),
        ("told.settings", f"{sender.url}/following"),
        ("told.inbox", f"{sender.url}/inbox"),
    ]
    links = [(words.translate(key, link=link), link) for key, link in wanted]
    lines = [line for group in groups for line in lines_in_order(group)]
    body = DigestBody(words, to.time_zone, sender.url, lines)
    # The ids make mail programs show e-mails about one topic as a thread, and recognize an e-mail that arrives twice.
    thread: tuple[str, ...] = ()
    parent = reasons[last.id]["parent_id"]
    if is_single and first.topic:
        thread = (f"topic-{first.topic}.{owner.id}",)
        if last.kind in POST_KINDS and parent:
            thread += (f"post-{parent}.{owner.id}",)
    plain = sender.compose_text(to, subject, "\n\n".join([body.text(), "\n".join(text for text, _ in links)]))
    html = body.html(plain.subject, sender.greeting(to), links, sender.name_in(words.language))
    return structs.replace(plain, html=html, thread=thread, stop=stops[0][1])


def _message_id(notification: Notification, member: MemberId) -> str:
    if notification.kind in POST_KINDS:
        return f"post-{notification.post}.{member}"
    return f"told-{notification.id}.{member}"


def _subject_of(notification: Notification) -> tuple[int | None, ...]:
    return notification.topic, notification.decision, notification.gathering


def _subject(words: Translations, notification: Notification) -> str:
    key = f"told.subject.{notification.kind}"
    return words.translate(key) if words.has(key) else notification.title


def _unsubscribe_scopes(
    notifications: Sequence[Notification], reasons: Mapping[int, Record], is_single: bool
) -> list[str]:
    """Return the scopes that the digest offers to unsubscribe from, the narrowest first: the topic, the sector or tag that
    all notifications came from, or else their kind."""
    facts = [reasons[notification.id]["because"] or {} for notification in notifications]
    codes = {(fact.get("code"), fact.get("id")) for fact in facts}
    code, key = next(iter(codes))
    wide = [f"{code}-{key}"] if len(codes) == 1 and code in ("sector", "tag") and key else []
    are_new_topics = all(notification.kind == "opened" for notification in notifications)
    topic = [f"topic-{notifications[0].topic}"] if is_single and notifications[0].topic else []
    is_followed = any(notification.kind in FOLLOWED_KINDS for notification in notifications)
    # For a new topic of a sector, the member more likely wants to stop all new topics than only this one.
    narrow = [*wide, *topic] if are_new_topics else [*topic, *wide]
    return narrow or ["followed" if is_followed else "direct"]
