"""The values of a topic's page, prepared from its posts."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import allowed
from core.ids import MemberId, SectorId, TopicId
from core.languages.formats import list_in
from core.languages.texts import current_language, gettext, ngettext, npgettext, pgettext, translatable
from forum.following.shapes_read_state import TopicWithPosts
from forum.policy import (
    PostFacts,
    TopicFacts,
    ensure_can_accept_answer,
    ensure_can_lock,
    ensure_can_move,
    ensure_can_reply,
)
from forum.posts.post_pages import PageStart
from forum.search.similar import similar_query
from forum.shapes import Post, PostPage, Topic
from forum.topics.changes_since import MOST_EDITED_POSTS
from forum.topics.shapes import Change, ChangesSince
from forum.writing.policy import ensure_can_react
from members.shapes import Author
from pages.forum import post_html
from pages.forum.post_texts import post_texts
from pages.shell.forms import Form
from pages.shell.urls import topic_address

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SHOWN_PEOPLE = 12
_ANY_POST = PostFacts(number=1, author_id=None, is_own=False, state="published")


class PageRequest(Struct, frozen=True, kw_only=True):
    """The page of a topic that was requested: where it starts, and the number of the post in the URL."""

    start: PageStart
    number: int | None = None


def facts_of(found: TopicWithPosts, sector_id: SectorId) -> TopicFacts:
    """Return the facts that the rules need, from a topic that was read for a page."""
    topic = found.topic
    return TopicFacts(
        id=TopicId(topic.id),
        sector_id=sector_id,
        kind=topic.kind,
        author_id=MemberId(topic.author.id) if topic.author else None,
        is_locked=topic.state == "locked",
        is_gone=topic.state in ("withdrawn", "hidden"),
        version=topic.version,
        has_begun=found.has_begun,
    )


def place_of(
    topic: TopicFacts,
    address: str,
    actor: Actor,
    asked: PageRequest,
    page: PostPage,
    groups: dict[str, str],
    answer: int | None = None,
) -> post_html.PostPlace:
    """Return the place of the posts, with what the actor can do there by the rules of the forum."""
    now = clock.now()
    return post_html.PostPlace(
        address=address,
        viewer=actor.id,
        may_reply=allowed(ensure_can_reply, actor, topic, now),
        may_react=allowed(ensure_can_react, actor, topic, _ANY_POST, now),
        is_moderator=allowed(ensure_can_lock, actor, topic),
        may_move=allowed(ensure_can_move, actor, topic),
        may_share=topic.kind not in ("room", "board", "entry"),
        may_answer=allowed(ensure_can_accept_answer, actor, topic, now),
        answer=answer,
        in_tree=asked.start.order == "tree",
        here=asked.number,
        base=min((post.depth for post in page.items), default=0) if asked.start.branch else 0,
        groups=groups,
    )


def topic_facts(
    topic: Topic, page: PostPage, asked: PageRequest, place: post_html.PostPlace
) -> dict[str, Any]:
    """Return the values of the template of a topic's page."""
    order, branch = asked.start.order, asked.start.branch
    query: list[tuple[str, str]] = [("order", order)] if order != "tree" else []
    query += [("branch", str(branch))] if branch else []
    form = Form(action=f"/t/{topic.id}/reply", verb=pgettext("verb", "Reply"), draft=f"topic:{topic.id}")
    return {
        "topic": topic,
        "page": page,
        "posts": post_html.contributions(page.items, place),
        "order": order,
        "base": place.base,
        "branch": branch,
        "query": urlencode(query) + "&" if query else "",
        "address": place.address,
        "may_reply": place.may_reply,
        "may_moderate": place.is_moderator,
        "may_move": place.may_move,
        "answer": None,
        "answered": None,
        "people": _people(page.items),
        "like": similar_query(topic.title),
        "form": form,
        "blank": form,
        "place": "",
        "sample": post_html.contribution(blank_post(place), place),
        "post_words": post_texts().for_script,
    }


def blank_post(place: post_html.PostPlace) -> Post:
    """Return the sample post from which the page's script builds arriving posts; the script replaces all its values."""
    author = Author(place.viewer or 0, "_", "_", "_")
    return Post(post_html.SAMPLE, 0, 2, 0, 0, author, _EPOCH, None, 1, "published", "markdown", "", {}, 0)


_CHANGES: dict[Change, str] = {
    "answered": translatable("an answer was accepted"),
    "closed": translatable("the topic was closed"),
    "opened": translatable("the topic was reopened"),
    "archived": translatable("the topic was archived"),
    "moved": translatable("the topic was moved here from another sector"),
    "posts_moved": translatable("posts were moved"),
    "pinned": translatable("the topic was pinned"),
}
_LINKED = 3


def describe_changes(since: ChangesSince, address: str) -> Markup:
    """Return what else changed since the reader's last visit, as HTML with links to edited posts."""
    parts = [gettext(_CHANGES[change]) for change in since.changes]
    if since.edited:
        parts.insert(0, _edited_posts(since.edited, address))
    return Markup(list_in(current_language(), parts))


def _edited_posts(numbers: Sequence[int], address: str) -> str:
    links = [f'<a href="{address}/{n}#p{n}">#{n}</a>' for n in numbers[:_LINKED]]
    more = len(numbers) - _LINKED
    if more >= MOST_EDITED_POSTS - _LINKED:
        # NOTE: further posts, at the end of a list of posts that were edited
        links.append(gettext("100 or more"))
    elif more > 0:
        # NOTE: further posts, at the end of a list of posts that were edited
        links.append(npgettext("posts", "%(num)s more", "%(num)s more", more))
    # NOTE: a list of posts by number, such as "#2, #5 and #7"
    return ngettext(
        "%(posts)s was edited",
        "%(posts)s were edited",
        len(numbers),
        posts=list_in(current_language(), links),
    )


def address_of(topic: Topic) -> str:
    """Return the canonical path of the topic."""
    return topic_address(topic.id, topic.title)


def _people(posts: list[Post]) -> list[tuple[Markup, int]]:
    found = Counter(post.author for post in posts if post.author).most_common(_SHOWN_PEOPLE)
    return [(Markup(post_html.linked_name(author, "person")), count) for author, count in found]
