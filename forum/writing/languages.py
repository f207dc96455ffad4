"""The language of a post that exists: corrected by its author or a moderator, and after an edit."""

from asyncpg import Record

from core import clock
from core.actor import Actor
from core.ids import PostId
from forum.events import PostLanguageSet
from forum.policy import TopicFacts
from forum.posts.post_pages import show_post
from forum.posts.text_language import LanguageOfText, find_language
from forum.shapes import Post
from forum.topics.topics import announce_topic_change
from forum.writing.policy import ensure_can_set_language
from forum.writing.post_access import event_time_of, get_post
from storage.database import Transaction
from storage.statements import statement

# Neither the version nor the time of the edit changes: the text is the same.
_UPDATE_LANGUAGE = statement("UPDATE posts SET language = :language, language_by = :by WHERE id = :post")


async def set_post_language(tx: Transaction, actor: Actor, post_id: PostId, chosen: str | None) -> Post:
    """Say in which language a post is, or with None let it be detected again; return the post.

    Raise NotFound, UnknownLanguage or the refusals of `ensure_can_set_language`.
    """
    topic, post, row = await get_post(tx, actor, post_id)
    ensure_can_set_language(actor, topic, post, clock.now())
    found = await find_language(row["html"], chosen)
    by = found.by if chosen is None or post.is_own else "moderator"
    await store_language(tx, topic, row, LanguageOfText(found.tag, by))
    return await show_post(tx, actor, post_id)


async def store_language(tx: Transaction, topic: TopicFacts, row: Record, language: LanguageOfText) -> None:
    """Store the language of a post whose text stays; the same language is no event."""
    await tx.run(_UPDATE_LANGUAGE, post=row["id"], language=language.tag, by=language.by)
    if language.tag != row["language"]:
        await tx.record(PostLanguageSet(topic_id=topic.id, post_id=row["id"]), event_time_of(row))
    await announce_language_of_topic(tx, topic, row, language)


async def announce_language_of_topic(
    tx: Transaction, topic: TopicFacts, row: Record, language: LanguageOfText
) -> None:
    """Record that the topic changed if the language of its first post did, because its title has the same."""
    if row["number"] == 1 and language.tag != row["language"]:
        await announce_topic_change(tx, topic)


async def language_after_edit(row: Record, html: str, chosen: str | None = None) -> LanguageOfText:
    """Return the language of a post's new text: what its writer chose, what was chosen before, or what is detected."""
    if chosen is None and row["language_by"] in ("author", "moderator"):
        return LanguageOfText(row["language"], row["language_by"])
    return await find_language(html, chosen)
