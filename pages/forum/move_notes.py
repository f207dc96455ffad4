"""What a page says of posts that were moved: notes where they stood and stand, and what an answer from elsewhere answers."""

from collections.abc import Sequence

from markupsafe import escape

from core.actor import Actor
from core.ids import TopicId
from forum.moves.move_notes import list_move_notes
from forum.moves.shapes import Move, TopicRef
from forum.posts.post_pages import read_posts_by_id
from forum.shapes import Post
from forum.topics.topics import show_topics
from pages.forum.post_html import who
from pages.shell.dates import date
from pages.shell.urls import topic_address
from storage.database import Reader


async def notes_by_post(tx: Reader, actor: Actor, topic_id: TopicId, may_undo: bool) -> dict[int, str]:
    """The notes of a topic, by the id of the post that they stand behind, or (negative) before."""
    notes: dict[int, str] = {}
    for move in await list_move_notes(tx, actor, topic_id):
        came = move.target is not None and move.target.id == topic_id
        place = -(move.first or 0) if came else (move.after or 0)
        notes[place] = notes.get(place, "") + _note(move, came, may_undo)
    return notes


async def origins_of(tx: Reader, actor: Actor, posts: Sequence[Post]) -> dict[int, str]:
    """What answers from other topics answer, by the id of the post answered."""
    known = {post.id for post in posts}
    wanted = {post.parent for post in posts if post.parent is not None and post.depth == 0} - known
    if not wanted:
        return {}
    found = await read_posts_by_id(tx, actor, sorted(wanted))
    topics = await show_topics(tx, actor, sorted({post.topic for post in found.values()}))
    return {
        id: f'answers <a href="/p/{id}">#{found[id].number} in <bdi>{escape(topics[found[id].topic].title)}</bdi></a>'
        if id in found
        else "answers a post elsewhere"
        for id in wanted
    }


def _note(move: Move, came: bool, may_undo: bool) -> str:
    count = "1 post" if move.posts == 1 else f"{move.posts} posts"
    said = f"{count} came from {_named(move.source)}" if came else f"{count} went to {_named(move.target)}"
    if came and move.kind == "merge":
        said = f"{_named(move.source)} became part of this topic: {count}"
    undo = (
        f'<form method="post" action="/moves/{move.id}/undo"><button class="act">Undo<span class="unseen">'
        f" this move</span></button></form>"
        if may_undo
        else ""
    )
    return (
        f'<aside class="moved" id="move-{move.id}"><p>{said} · {who(move.by, {}, "a moderator")} · {date(move.at)}</p>'
        f"{undo}</aside>"
    )


def _named(topic: TopicRef | None) -> str:
    if topic is None:
        return "another topic"
    return f'<a href="{topic_address(topic.id, topic.title)}"><bdi>{escape(topic.title)}</bdi></a>'
