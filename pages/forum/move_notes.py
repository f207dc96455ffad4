"""Notes on a topic's page about moved posts, and links from moved replies to the posts they reply to."""

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
from pages.shell.dates import recent
from pages.shell.urls import topic_address
from storage.database import Reader


async def notes_by_post(tx: Reader, actor: Actor, topic_id: TopicId, may_undo: bool) -> dict[int, str]:
    """Return the move notes of a topic as HTML, by the id of the post that they follow; a negative id means that they
    precede the post."""
    notes: dict[int, str] = {}
    for move in await list_move_notes(tx, actor, topic_id):
        is_arrival = move.target is not None and move.target.id == topic_id
        position = -(move.first or 0) if is_arrival else (move.after or 0)
        notes[position] = notes.get(position, "") + _note(move, is_arrival, may_undo)
    return notes


async def origins_of(tx: Reader, actor: Actor, posts: Sequence[Post]) -> dict[int, str]:
    """Return, for replies whose parent post is in another topic, a link to the parent as HTML, by its id."""
    known = {post.id for post in posts}
    wanted = {post.parent for post in posts if post.parent is not None and post.depth == 0} - known
    if not wanted:
        return {}
    found = await read_posts_by_id(tx, actor, sorted(wanted))
    topics = await show_topics(tx, actor, sorted({post.topic for post in found.values()}))
    return {
        id: f'in reply to <a href="/p/{id}">#{found[id].number} in <bdi>{escape(topics[found[id].topic].title)}</bdi></a>'
        if id in found
        else "in reply to a post in another topic"
        for id in wanted
    }


def _note(move: Move, is_arrival: bool, may_undo: bool) -> str:
    count = "1 post" if move.posts == 1 else f"{move.posts} posts"
    if is_arrival and move.kind == "merge":
        sentence = f"{_topic_link(move.source)} was merged into this topic: {count}"
    elif is_arrival:
        sentence = f"{count} moved here from {_topic_link(move.source)}"
    else:
        sentence = f"{count} moved to {_topic_link(move.target)}"
    undo = (
        f'<form method="post" action="/moves/{move.id}/undo"><button class="act">Undo<span class="unseen">'
        f" this move</span></button></form>"
        if may_undo
        else ""
    )
    return (
        f'<aside class="moved" id="move-{move.id}"><p>{sentence} · {who(move.by, {}, "a moderator")} · {recent(move.at)}</p>'
        f"{undo}</aside>"
    )


def _topic_link(topic: TopicRef | None) -> str:
    if topic is None:
        return "another topic"
    return f'<a href="{topic_address(topic.id, topic.title)}"><bdi>{escape(topic.title)}</bdi></a>'
