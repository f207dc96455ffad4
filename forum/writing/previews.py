"""Previews: how a text will look, and who will be told that it calls them by name."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from core import clock
from core.actor import VISITOR, Actor
from core.errors import NotFound
from core.ids import MemberId, PostId, TopicId
from forum.posts.post_pages import show_post
from forum.shapes import Preview, Sketch
from forum.text.markdown import render
from forum.text.quote_display import embed_quotes_in_html
from forum.topics.topics import get_topic
from forum.writing.references import extract_references
from members.accounts.actors import load_readers
from members.profiles.trust import LevelPermissions
from members.shapes import Author
from members.tables import members, public_authors
from storage.database import Reader
from storage.statements import statement

_NAMED = statement(
    select(*public_authors.c)
    .join(members, members.c.id == public_authors.c.id)
    .where(members.c.handle == func.any(bindparam("handles")), members.c.is_claimed)
)


async def preview_text(
    tx: Reader, actor: Actor, sketch: Sketch, rights: LevelPermissions, site: str = ""
) -> Preview:
    """How a text will look where it will stand. Whoever cannot read it there is not told apart from nobody at all."""
    actor.signed_in()
    topic_id, before = await _place(tx, actor, sketch.draft or "")
    html = render(sketch.body, topic=topic_id or 0, site=site).html
    filled = await embed_quotes_in_html(tx, [(topic_id or 0, html)])
    shown = filled[0] if filled else html
    # A post that is changed has told those whom it named before.
    called = [
        handle
        for handle in extract_references(html).handles
        if handle not in before and handle != actor.handle
    ]
    if sketch.draft is None or not called:
        return Preview(shown)
    named = await _named(tx, called)
    # The first of them are told, whether or not they can read it: as when it is posted.
    counted = {one.handle for one in named[: rights.mentions]}
    readers = await _readers(tx, named, topic_id)
    found = {one.handle for one in readers}
    return Preview(
        shown,
        told=[one for one in readers if one.handle in counted],
        not_told=[handle for handle in called if handle not in found],
        too_many=[one.handle for one in readers if one.handle not in counted],
    )


async def _place(tx: Reader, actor: Actor, draft: str) -> tuple[TopicId | None, frozenset[str]]:
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


async def _named(tx: Reader, handles: Sequence[str]) -> list[Author]:
    found = {row["handle"]: Author(**row) for row in await tx.rows(_NAMED, handles=list(handles))}
    return [found[handle] for handle in handles if handle in found]


async def _readers(tx: Reader, named: list[Author], topic_id: TopicId | None) -> list[Author]:
    if topic_id is None or await _reads(tx, VISITOR, topic_id):
        return named
    actors = await load_readers(tx, [one.id for one in named], clock.now())
    return [
        one for one in named if (actor := actors.get(MemberId(one.id))) and await _reads(tx, actor, topic_id)
    ]


async def _reads(tx: Reader, actor: Actor, topic_id: TopicId) -> bool:
    try:
        await get_topic(tx, actor, topic_id)
    except NotFound:
        return False
    return True
