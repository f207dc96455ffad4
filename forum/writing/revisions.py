"""Revisions: the history of a post's text."""

from asyncpg import Record
from msgspec.structs import replace
from sqlalchemy import Boolean, bindparam, or_, select

from core.actor import Actor
from core.ids import PostId
from forum.authors import author_of
from forum.policy import ensure_can_read_history
from forum.shapes import Revision, RevisionList
from forum.tables import revisions
from forum.text.prepared_posts import shown_body, shown_html
from forum.text.quote_display import embed_quotes_in_html
from forum.text.quotes import expand_quotes
from forum.writing.post_access import get_post
from members.tables import public_authors
from storage.database import Reader
from storage.statements import statement

_author_columns = (
    public_authors.c.id,
    public_authors.c.handle,
    public_authors.c.display_name,
    public_authors.c.group.label("author_group"),
    public_authors.c.picture.label("author_picture"),
)
_SELECT_REVISIONS = statement(
    select(
        revisions.c.version,
        revisions.c.written_at,
        revisions.c.body,
        revisions.c.html,
        revisions.c.is_silent,
        *_author_columns,
    )
    .outerjoin(public_authors, public_authors.c.id == revisions.c.written_by)
    .where(
        revisions.c.post_id == bindparam("post"),
        or_(bindparam("can_see_held", type_=Boolean), ~revisions.c.was_held),
        or_(bindparam("moderates", type_=Boolean), ~revisions.c.is_silent),
    )
    .order_by(revisions.c.version.desc())
)
_SELECT_WRITER = statement(select(*_author_columns).where(public_authors.c.id == bindparam("member")))


async def read_revisions(tx: Reader, actor: Actor, post_id: PostId) -> RevisionList:
    """Return all versions of a post, newest first; moderators also see silent and held revisions, authors their held ones.

    Raise NotFound or the refusals of `ensure_can_read_history`.
    """
    topic, post, row = await get_post(tx, actor, post_id, lock=False)
    ensure_can_read_history(actor, topic, post)
    moderates = actor.moderates_in(topic.sector_id)
    writer = await tx.row(_SELECT_WRITER, member=row["edited_by"] or row["author_id"])
    by = None if writer is None else author_of(*writer)
    current = Revision(row["version"], row["written_at"], row["body"], row["html"], by)
    rows = await tx.rows(
        _SELECT_REVISIONS, post=post_id, can_see_held=post.is_own or moderates, moderates=moderates
    )
    found = [current, *(_revision_of(old) for old in rows)]
    if row["number"] == 1 and not rows:
        # With older versions it stays as it is stored: they are compared.
        found = [replace(current, html=shown_html(1, current.html), body=shown_body(1, current.body))]
    filled = await embed_quotes_in_html(tx, [(topic.id, old.html) for old in found])
    if filled:
        found = [
            replace(old, html=html, body=await expand_quotes(tx, actor, old.body))
            for old, html in zip(found, filled, strict=True)
        ]
    return RevisionList(found)


def _revision_of(row: Record) -> Revision:
    *text, is_silent, id, handle, name, group, picture = row
    return Revision(
        version=text[0],
        written_at=text[1],
        body=text[2],
        html=text[3],
        by=author_of(id, handle, name, group, picture),
        is_silent=is_silent,
    )
