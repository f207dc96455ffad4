"""Notes on a topic's page about moved posts, and links from moved replies to the posts they reply to."""

from collections.abc import Sequence

from markupsafe import escape

from core.actor import Actor
from core.ids import TopicId
from core.languages.texts import gettext, ngettext
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
    elsewhere = gettext("in reply to a post in another topic")
    return {
        id: _origin(found[id], topics[found[id].topic].title) if id in found else elsewhere for id in wanted
    }


def _origin(post: Post, title: str) -> str:
    address = f"/p/{post.id}"
    return gettext(
        'in reply to <a href="%(href)s">#%(number)s in <bdi>%(topic)s</bdi></a>',
        href=address,
        number=post.number,
        topic=escape(title),
    )


def _note(move: Move, is_arrival: bool, may_undo: bool) -> str:
    label = gettext('Undo<span class="unseen"> this move</span>')
    undo = (
        f'<form method="post" action="/moves/{move.id}/undo"><button class="act">{label}</button></form>'
        if may_undo
        else ""
    )
    # NOTE: stands for a moderator whose name is not shown
    by = who(move.by, {}, gettext("a moderator"))
    return (
        f'<aside class="moved" id="move-{move.id}"><p>{_sentence(move, is_arrival)} · {by} · {recent(move.at)}</p>'
        f"{undo}</aside>"
    )


def _sentence(move: Move, is_arrival: bool) -> str:
    # NOTE: in these sentences, the topic is a link with its title
    if is_arrival and move.kind == "merge":
        return ngettext(
            "%(topic)s was merged into this topic: %(num)s post",
            "%(topic)s was merged into this topic: %(num)s posts",
            move.posts,
            topic=_topic_link(move.source),
        )
    if is_arrival:
        return ngettext(
            "%(num)s post moved here from %(topic)s",
            "%(num)s posts moved here from %(topic)s",
            move.posts,
            topic=_topic_link(move.source),
        )
    return ngettext(
        "%(num)s post moved to %(topic)s",
        "%(num)s posts moved to %(topic)s",
        move.posts,
        topic=_topic_link(move.target),
    )


def _topic_link(topic: TopicRef | None) -> str:
    if topic is None:
        # NOTE: in place of a title, as in "3 posts moved to another topic"
        return gettext("another topic")
    return f'<a href="{topic_address(topic.id, topic.title)}"><bdi>{escape(topic.title)}</bdi></a>'
