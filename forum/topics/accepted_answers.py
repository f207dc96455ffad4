"""The accepted answer of a question, of which its author is notified."""

from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.ids import MemberId, PostId, TopicId
from core.languages.texts import translatable
from forum.following_levels import MUTED
from forum.notifications.notifications import notify, take_back
from forum.policy import ensure_can_accept_answer
from forum.topics.changes_since import record_topic_change
from forum.topics.topics import announce_topic_change, get_topic
from storage.database import Transaction
from storage.statements import statement

ACCEPTED = "accepted"

_SET_ACCEPTED_ANSWER = statement("""
UPDATE topics SET version = version + 1, answer_id = :post WHERE id = :topic AND answer_id IS DISTINCT FROM :post
""")
_SELECT_ACCEPTABLE_ANSWER = statement("""
SELECT FROM posts WHERE id = :post AND topic_id = :topic AND number > 1 AND state = 'published'
""")
_SELECT_ACCEPTED_ANSWER = statement("""
SELECT p.id, p.author_id FROM topics t JOIN posts p ON p.id = t.answer_id WHERE t.id = :topic
""")
# Not the authors of imported messages, and not those who have muted the topic.
_SELECT_AUTHOR_TO_NOTIFY = statement("""
SELECT p.author_id, t.title FROM posts p JOIN topics t ON t.id = p.topic_id
JOIN members m ON m.id = p.author_id AND m.is_claimed
WHERE p.id = :post AND p.author_id <> :by AND NOT EXISTS (
    SELECT FROM following f WHERE f.member_id = p.author_id AND f.topic_id = p.topic_id AND f.chosen = :muted)
""")


class NoAnswer(Conflict):
    """Only a published reply in the topic can be the accepted answer."""

    message = translatable("Choose one of the published replies in this topic.")


async def set_accepted_answer(
    tx: Transaction, actor: Actor, topic_id: TopicId, post_id: PostId | None
) -> None:
    """Set the accepted answer of a question, or remove it; raise NotFound, NotYours, NotAQuestion or NoAnswer.

    The author of the answer is notified, unless it is the actor. If it is taken back before the e-mail went out, the
    notification goes too.
    """
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_accept_answer(actor, topic, clock.now())
    if post_id is not None and await tx.row(_SELECT_ACCEPTABLE_ANSWER, topic=topic_id, post=post_id) is None:
        raise NoAnswer(field="post")
    await take_back_acceptance(tx, topic_id, post_id)
    if not await tx.run(_SET_ACCEPTED_ANSWER, topic=topic_id, post=post_id):
        return
    if post_id is not None:
        await record_topic_change(tx, topic_id, "answered", actor.id)
        await _notify_author(tx, actor, topic_id, post_id)
    await announce_topic_change(tx, topic)


async def take_back_acceptance(tx: Transaction, topic_id: TopicId, post_id: PostId | None = None) -> None:
    """Delete the notification of the accepted answer, unless that is the given post or the e-mail was sent; the caller has
    locked the topic."""
    before = await tx.row(_SELECT_ACCEPTED_ANSWER, topic=topic_id)
    if before is not None and before["author_id"] is not None and before["id"] != post_id:
        await take_back(tx, ACCEPTED, PostId(before["id"]), MemberId(before["author_id"]))


async def _notify_author(tx: Transaction, actor: Actor, topic_id: TopicId, post_id: PostId) -> None:
    row = await tx.row(_SELECT_AUTHOR_TO_NOTIFY, post=post_id, by=actor.signed_in(), muted=MUTED)
    if row is not None:
        reason = {"code": "accepted", "by": actor.id, "name": actor.display_name, "title": row["title"]}
        await notify(tx, ACCEPTED, topic_id, post_id, {MemberId(row["author_id"]): reason})
