"""Mail of what is told: when its time has come, unless it was read or hidden by then; of several things one letter."""

from collections.abc import Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from asyncpg import Record

from core import clock
from core.actor import Actor
from core.ids import MemberId
from forum.inbox import find_unread
from forum.mail_wishes import MailWishes, stop_key, wishes_of
from forum.shapes_inbox import Notification
from members.mail import Letter, Sender
from members.mailing import Holder, Office, find_holder
from storage.database import Database, Transaction
from storage.statements import statement

# Nobody gets more letters in a day; what is left comes with the next one.
MOST_A_DAY = 100
DIRECT = ("reply", "mentioned", "quoted")

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
WHERE n.id = ANY(CAST(:ids AS bigint[])) AND (f.chosen = 0 OR f.mail = 'never'
    OR CASE WHEN n.kind = ANY(CAST(:direct AS text[])) THEN w.direct ELSE w.followed END = 'never')
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


async def mail_next(office: Office, db: Database) -> bool:
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


async def _mail(office: Office, tx: Transaction, member: MemberId, rows: Sequence[Record]) -> None:
    now, ids = clock.now(), [row["id"] for row in rows]
    unwished = {row["id"] for row in await tx.rows(_UNWISHED, ids=ids, direct=list(DIRECT))}
    told = [one for one in await find_unread(tx, Actor(id=member), ids) if one.id not in unwished]
    holder = await find_holder(tx, member)
    if holder is None or holder.email is None or not holder.is_verified:
        told = []
    if told and await tx.value(_TODAY, member=member, now=now) >= MOST_A_DAY:
        await tx.run(_LATER, member=member, now=now)
        return
    await tx.run(_DONE, ids=ids, mailed=[one.id for one in told], now=now)
    if told and holder is not None:
        await office.post(await _letter(office.sender, tx, holder, told))


async def _letter(sender: Sender, tx: Transaction, holder: Holder, told: Sequence[Notification]) -> Letter:
    wishes = await wishes_of(tx, holder.id)
    topics = [list(group) for _, group in groupby(told, key=lambda one: one.topic)]
    is_direct = all(one.kind in DIRECT for one in told)
    scope = f"topic-{told[0].topic}" if len(topics) == 1 else "direct" if is_direct else "followed"
    stop = f"{sender.url}/mail/stop/{await stop_key(tx, holder.id, scope)}"
    subject = told[0].title if len(topics) == 1 else f"New in {len(topics)} topics"
    of_what = "of this topic" if len(topics) == 1 else "like this"
    letter = sender.letter(
        holder.email or "",
        subject,
        f"Hello {holder.handle},",
        *(_of_topic(sender, group, wishes) for group in topics),
        f"To get no more mail {of_what}: {stop}\nWhat you follow, and when mail comes: {sender.url}/following",
    )
    # Mail programs show letters about one topic together, and know the same letter if it should come twice.
    first, last = told[0], max(told, key=lambda one: one.id)
    thread = f"topic-{first.topic}.{holder.id}" if len(topics) == 1 else ""
    return Letter(
        letter.to, letter.subject, letter.text, id=f"told-{last.id}.{holder.id}", thread=thread, stop=stop
    )


def _of_topic(sender: Sender, told: Sequence[Notification], wishes: MailWishes) -> str:
    parts = [f"{told[0].title}\n{told[0].reason}"]
    for one in told:
        at = f"{one.told_at.astimezone(ZoneInfo(wishes.time_zone)):%d %B, %H:%M}"
        place = f"/p/{one.post}" if one.post else f"/t/{one.topic}"
        parts.append(f"{at}: {one.excerpt or one.title}\n{sender.url}{place}")
    return "\n\n".join(parts)
