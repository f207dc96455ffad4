"""SQL predicates for the boards and entries that a reader can see.

Statements with these predicates are run with the binds of `forum.visibility.seen_by`. A reader can see a board if they can
see its topic (`visible_topics`, with the board's topic joined), and an entry if they can see its topic and the text of its
opening post, which shows the entry.
"""

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, or_

from boards.tables import entries
from forum.tables import posts
from forum.visibility import posts_not_held, visible_text, visible_topics


def visible_entries() -> ColumnElement[bool]:
    """Return the predicate for entries that a reader can open, for a query that joins the entry's topic and opening post.

    Everyone who can read the topic sees published entries, the sector's moderators also see hidden and withdrawn ones, and
    authors see their own withdrawn ones.
    """
    own = and_(posts.c.state == "withdrawn", entries.c.author_id == bindparam("reader", type_=BigInteger))
    return and_(visible_topics(), posts_not_held(), or_(visible_text(), own))


def listed_entries() -> ColumnElement[bool]:
    """Return the predicate for entries in tables, counts and editions: published, not merged, topic not hidden or withdrawn.

    It is the same for all readers of a board, moderators included, so that results can be cached for all of them.
    """
    return entries.c.is_listed
