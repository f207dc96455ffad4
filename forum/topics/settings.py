"""Settings of a topic: its title, its tags and its kind."""

from collections.abc import Mapping

from msgspec import UNSET
from sqlalchemy import bindparam, func, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import SectorId, TopicId
from core.text import tidy
from forum.events import TopicChanged, TopicListingChanged
from forum.policy import ensure_can_change_kind, ensure_can_change_topic
from forum.posts.screening import Screen, report_title, screen_nothing
from forum.shapes import Topic, TopicChange
from forum.tables import topics
from forum.tags.synonyms import lock_tag_names
from forum.tags.tags import resolve_tags
from forum.topics.accepted_answers import take_back_acceptance
from forum.topics.topics import (
    SELECT_VISIBLE_TOPIC,
    TitleTooShort,
    announce_topic_change,
    get_topic,
    topic_of,
)
from forum.visibility import seen_by
from storage.database import Reader, Transaction
from storage.statements import statement

# Only questions keep their accepted answer.
_UPDATE_KIND = statement("""
UPDATE topics SET kind = :kind, answer_id = CASE WHEN :kind = 'question' THEN answer_id END WHERE id = :topic
""")
_UPDATE_TITLE_AND_TAGS = statement(
    update(topics)
    .where(topics.c.id == bindparam("topic"))
    .values(
        title=func.coalesce(bindparam("new_title"), topics.c.title),
        titles=func.coalesce(bindparam("new_titles", type_=topics.c.titles.type), topics.c.titles),
        tags=func.coalesce(bindparam("new_tags", type_=topics.c.tags.type), topics.c.tags),
        version=topics.c.version + 1,
    )
)


_SELECT_TOPIC_TAGS = statement(select(topics.c.tags).where(topics.c.id == bindparam("id")))


async def change_topic(
    tx: Transaction,
    actor: Actor,
    topic_id: TopicId,
    change: TopicChange,
    version: int | None,
    screen: Screen = screen_nothing,
) -> None:
    """Change the title, tags or kind of a topic; raise Stale if `version` is given and is not the current one.

    A title or a tag that a rule matches is reported to the moderators but takes effect. Also raise NotFound, TitleTooShort,
    or the refusals of the rules for changing topics and kinds.
    """
    if change.tags is not UNSET:
        await lock_tag_names(tx)
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_change_topic(actor, topic, clock.now())
    if version is not None and version != topic.version:
        raise Stale(await _current(tx, actor, topic_id))

    title = None if change.title is UNSET else tidy(change.title)
    if title is not None and len(title) < 3:
        raise TitleTooShort(field="title")
    before = [] if change.tags is UNSET else await tx.value(_SELECT_TOPIC_TAGS, id=topic_id)
    tags = None if change.tags is UNSET else await resolve_tags(tx, actor, change.tags, before)
    if new_words := [*filter(None, [title]), *(tag for tag in tags or () if tag not in before)]:
        await report_title(tx, actor, topic, "\n".join(new_words), screen)
    if change.kind is not UNSET and change.kind != topic.kind:
        ensure_can_change_kind(actor, topic, change.kind)
        await take_back_acceptance(tx, topic_id)
        await tx.run(_UPDATE_KIND, topic=topic_id, kind=change.kind)
    await tx.run(_UPDATE_TITLE_AND_TAGS, topic=topic_id, new_title=title, new_titles=None, new_tags=tags)
    await announce_topic_change(tx, topic)


async def rename_topic(
    tx: Transaction, topic_id: TopicId, sector_id: SectorId, title: str, titles: Mapping[str, str]
) -> None:
    """Set the title of a topic, and the titles by language, after its room or board got them; the caller checks
    permissions."""
    await tx.run(_UPDATE_TITLE_AND_TAGS, topic=topic_id, new_title=title, new_titles=titles, new_tags=None)
    await tx.record(TopicListingChanged(sector_id=sector_id, topic_id=topic_id))
    await tx.record(TopicChanged(topic_id=topic_id))


async def _current(tx: Reader, actor: Actor, topic_id: TopicId) -> Topic:
    row = await tx.row(SELECT_VISIBLE_TOPIC, id=topic_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return topic_of(row)
