"""Previews: how a text will look when posted, and which mentioned members will be notified."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from core import clock
from core.actor import VISITOR, Actor
from core.errors import NotFound
from core.ids import MemberId, PostId, TopicId
from forum.posts.post_pages import show_post
from forum.shapes import Preview, Sketch
from forum.text.quote_display import embed_quotes_in_html
from forum.text.rendering import read_uncertain_handles, render_text
from forum.topics.topics import get_topic
from forum.writing.references import extract_references
from members.accounts.actors import load_readers
from members.profiles.trust import LevelPermissions
from members.shapes import Author
from members.tables import members, public_authors
from storage.database import Reader
from storage.statements import statement

_SELECT_MENTIONED_AUTHORS = statement(
    select(*public_authors.c)
    .join(members, members.c.id == public_authors.c.id)
    .where(members.c.handle == func.any(bindparam("handles")), members.c.is_claimed)
)


async def preview_text(
    tx: Reader, actor: Actor, sketch: Sketch, rights: LevelPermissions, site: str = ""
) -> Preview:
    """Render a text as it will look when posted, and list which mentioned members will be notified.

    Members who cannot read the topic are listed like handles that do not exist, so that the preview reveals nothing.
    Raise NotFound if the draft is for a topic or post that the actor cannot see.
    """
    actor.signed_in()
    topic_id, before = await _find_target(tx, actor, sketch.draft or "")
    known = await read_uncertain_handles(tx, sketch.body)
    html = (await render_text(sketch.body, topic=topic_id or 0, site=site, handles=known)).html
    filled = await embed_quotes_in_html(tx, [(topic_id or 0, html)])
    shown = filled[0] if filled else html
    # An edit notifies only members whom the post did not mention before.
    handles = [
        handle
        for handle in extract_references(html).handles
        if handle not in before and handle != actor.handle
    ]
    if sketch.draft is None or not handles:
        return Preview(shown)
    mentioned = await _find_members(tx, handles)
    # The limit counts mentioned members whether or not they can read the topic, as it does when the text is posted.
    within_limit = {author.handle for author in mentioned[: rights.mentions]}
    readers = await _keep_readers(tx, mentioned, topic_id)
    found = {author.handle for author in readers}
    return Preview(
        shown,
        told=[author for author in readers if author.handle in within_limit],
        not_told=[handle for handle in handles if handle not in found],
        too_many=[author.handle for author in readers if author.handle not in within_limit],
    )


async def _find_target(tx: Reader, actor: Actor, draft: str) -> tuple[TopicId | None, frozenset[str]]:
    what, _, where = draft.partition("~")[0].partition(":")
    if what == "topic":
        topic_id = TopicId(int(where))
    elif what in ("reply", "edit"):
        post = await show_post(tx, actor, PostId(int(where)))
        topic_id = TopicId(post.topic)
        if what == "edit":
            return topic_id, frozenset(extract_references(post.html or "").handles)
    else:
        return None, frozenset()
    await get_topic(tx, actor, topic_id)
    return topic_id, frozenset()


async def _find_members(tx: Reader, handles: Sequence[str]) -> list[Author]:
    found = {
        row["handle"]: Author(**row)
        for row in await tx.rows(_SELECT_MENTIONED_AUTHORS, handles=list(handles))
    }
    return [found[handle] for handle in handles if handle in found]


async def _keep_readers(tx: Reader, authors: list[Author], topic_id: TopicId | None) -> list[Author]:
    if topic_id is None or await _can_read(tx, VISITOR, topic_id):
        return authors
    actors = await load_readers(tx, [author.id for author in authors], clock.now())
    return [
        author
        for author in authors
        if (actor := actors.get(MemberId(author.id))) and await _can_read(tx, actor, topic_id)
    ]


async def _can_read(tx: Reader, actor: Actor, topic_id: TopicId) -> bool:
    try:
        await get_topic(tx, actor, topic_id)
    except NotFound:
        return False
    return True
