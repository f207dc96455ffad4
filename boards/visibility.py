"""Which boards and entries somebody can see: through their topics, as everything that is written.

Run with `forum.visibility.seen_by`. A board is seen by who can see its topic (`visible_topics` with the board's topic
joined); an entry by who can see its topic and the text of its opening post, which is the entry.
"""

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, or_

from boards.tables import entries
from forum.tables import posts
from forum.visibility import posts_not_held, visible_text, visible_topics


def visible_entries() -> ColumnElement[bool]:
    """Entries to open: what is published, to who can read its topic; what was hidden or withdrawn, to the sector's
    moderators; and one's own withdrawn ones. (With the entry's topic and opening post joined.)"""
    own = and_(posts.c.state == "withdrawn", entries.c.author_id == bindparam("reader", type_=BigInteger))
    return and_(visible_topics(), posts_not_held(), or_(visible_text(), own))


def listed_entries() -> ColumnElement[bool]:
    """Entries that stand in tables, counts, views and what is published: the same ones for everybody who can read the
    board, moderators included, so that what is made of them is made once for all. Published ones, in topics neither
    hidden nor withdrawn; not the merged ones, which live on in another."""
    return entries.c.is_listed
