"""Reading and counting the contributions of a member, through the predicates of forum/visibility."""

from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import BigInteger, ColumnElement, Integer, Select, and_, bindparam, func, null, or_, select

from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from core.languages.names import local
from forum.contributions.shapes import AuthoredPost, AuthoredPosts, AuthoredTopics, ContributionCounts
from forum.tables import posts, sectors, topics
from forum.text.excerpts import excerpt_of_html
from forum.text.prepared_posts import shown_html
from forum.topics.topics import SELECT_TOPICS, topic_of
from forum.visibility import seen_by, visible_text, visible_topics
from members.profiles.profiles import find_member_id
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import statement

PAGE_SIZE = 20
MAX_COUNT = 1_000
EXCERPT_LENGTH = 240

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_member = bindparam("member", type_=BigInteger)
_before = bindparam("before", type_=BigInteger)
# What nobody finds on a profile, although moderators see it elsewhere.
_is_there = and_(topics.c.hidden_at.is_(None), topics.c.withdrawn_at.is_(None), visible_topics())
_is_written = and_(posts.c.author_id == _member, posts.c.state == "published", visible_text(), _is_there)
_is_accepted = and_(_is_written, topics.c.answer_id == posts.c.id)
# Rooms, boards and their entries have pages of their own.
_LISTED_KINDS = ("discussion", "question", "announcement")
_is_started = and_(
    topics.c.author_id == _member, or_(*(topics.c.kind == kind for kind in _LISTED_KINDS)), _is_there
)


def _select_posts(condition: ColumnElement[bool]) -> Select[Any]:
    columns = (
        posts.c.id.label("post"),
        posts.c.number,
        topics.c.id.label("topic"),
        topics.c.title,
        topics.c.titles,
        topics.c.kind,
        sectors.c.slug.label("sector"),
        posts.c.posted_at,
        func.left(posts.c.html, 10 * EXCERPT_LENGTH).label("html"),
    )
    found = select(*columns).join(topics, topics.c.id == posts.c.topic_id)
    found = found.join(sectors, sectors.c.id == topics.c.sector_id)
    return _page_of(found.where(condition), posts.c.id)


def _page_of(query: Select[Any], key: ColumnElement[int]) -> Select[Any]:
    query = query.where(or_(_before == null(), key < _before))
    return query.order_by(key.desc()).limit(bindparam("count", type_=Integer))


_SELECT_AUTHORED_POSTS = statement(_select_posts(_is_written))
_SELECT_ACCEPTED_POSTS = statement(_select_posts(_is_accepted))
_SELECT_STARTED_TOPICS = statement(_page_of(SELECT_TOPICS.where(_is_started), topics.c.id))


def _counted(condition: ColumnElement[bool], of_posts: bool) -> ColumnElement[int]:
    found = select(topics.c.id)
    found = found.join(posts, posts.c.topic_id == topics.c.id) if of_posts else found
    limited = found.where(condition).limit(MAX_COUNT).subquery()
    return select(func.count()).select_from(limited).scalar_subquery()


_COUNT_CONTRIBUTIONS = statement(
    select(
        _counted(_is_written, True).label("posts"),
        _counted(_is_started, False).label("topics"),
        _counted(_is_accepted, True).label("answers"),
    )
)


async def read_authored_posts(
    tx: Reader, actor: Actor, handle: str, after: str | None = None, accepted: bool = False
) -> AuthoredPosts:
    """Return one page of a member's posts, or of those that are accepted answers, the latest first; raise NotFound."""
    query = _SELECT_ACCEPTED_POSTS if accepted else _SELECT_AUTHORED_POSTS
    rows = await tx.rows(query, **await _binds(tx, actor, handle, after))
    items = [_post_of(dict(row)) for row in rows[:PAGE_SIZE]]
    return AuthoredPosts(items, encode_cursor(items[-1].post) if len(rows) > PAGE_SIZE else None)


async def read_started_topics(
    tx: Reader, actor: Actor, handle: str, after: str | None = None
) -> AuthoredTopics:
    """Return one page of the topics that a member started, the latest first; raise NotFound."""
    rows = await tx.rows(_SELECT_STARTED_TOPICS, **await _binds(tx, actor, handle, after))
    items = [topic_of(row) for row in rows[:PAGE_SIZE]]
    return AuthoredTopics(items, encode_cursor(items[-1].id) if len(rows) > PAGE_SIZE else None)


async def count_contributions(tx: Reader, actor: Actor, handle: str) -> ContributionCounts:
    """Count the contributions of a member that the actor can see, each kind up to `MAX_COUNT`; raise NotFound."""
    row = await tx.row(_COUNT_CONTRIBUTIONS, member=await _get_member(tx, handle), **seen_by(actor))
    assert row is not None
    return ContributionCounts(**row)


async def _binds(tx: Reader, actor: Actor, handle: str, after: str | None) -> dict[str, Any]:
    before = None if after is None else decode_cursor(after, tuple[_Id])[0]
    member = await _get_member(tx, handle)
    return {"member": member, "before": before, "count": PAGE_SIZE + 1, **seen_by(actor)}


async def _get_member(tx: Reader, handle: str) -> MemberId:
    found = await find_member_id(tx, handle)
    if found is None:
        raise NotFound
    return found


def _post_of(facts: dict[str, Any]) -> AuthoredPost:
    html, titles = facts.pop("html"), facts.pop("titles")
    facts["title"] = local(facts["title"], titles)
    excerpt = excerpt_of_html(shown_html(facts["number"], html, facts.pop("kind")), EXCERPT_LENGTH)
    return AuthoredPost(excerpt=excerpt, **facts)
