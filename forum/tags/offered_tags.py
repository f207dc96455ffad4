"""Tags that are offered while somebody types: all their names, and which of them a reader can see."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, and_, bindparam, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import array

from core.actor import Actor
from forum.tables import topics
from forum.tags.tables import tags
from forum.visibility import seen_by, visible_topics
from storage.database import Reader
from storage.statements import statement

# The most used tags, of all topics: which of them somebody may see is asked before they are offered.
SELECT_NAMES_OF_TAGS = statement("""
SELECT coalesce(used.name, known.name) AS name, array_remove(array_agg(synonym.name), NULL) AS synonyms
FROM (SELECT unnest(tags) AS name, count(*) AS topics FROM topics GROUP BY 1) AS used
FULL JOIN (SELECT name FROM tags WHERE synonym_of IS NULL) AS known USING (name)
LEFT JOIN tags AS synonym ON synonym.synonym_of = coalesce(used.name, known.name)
GROUP BY 1, used.topics ORDER BY used.topics DESC NULLS LAST, 1 LIMIT :count
""")
_name = func.unnest(bindparam("names", type_=ARRAY(Text))).table_valued("name").render_derived("wanted")
_is_on_a_topic = exists().where(
    visible_topics(), topics.c.tags.op("@>")(cast(array([_name.c.name]), ARRAY(Text)))
)
_is_described = exists().where(
    or_(
        and_(tags.c.name == _name.c.name, or_(tags.c.about != "", tags.c.group_id.is_not(None))),
        tags.c.synonym_of == _name.c.name,
    )
)
SELECT_VISIBLE_TAGS = statement(select(_name.c.name).where(or_(_is_on_a_topic, _is_described)))


async def read_names_of_tags(tx: Reader, count: int) -> list[tuple[str, tuple[str, ...]]]:
    """Return the most used tags, each with its synonyms, whoever can see them."""
    rows = await tx.rows(SELECT_NAMES_OF_TAGS, count=count)
    return [(row["name"], tuple(row["synonyms"])) for row in rows]


async def keep_visible_tags(tx: Reader, actor: Actor, names: Sequence[str]) -> list[str]:
    """Return the tags among these that moderators have described, grouped or joined, or that a topic has which the actor can
    see."""
    if not names:
        return []
    rows = await tx.rows(SELECT_VISIBLE_TAGS, names=list(names), **seen_by(actor))
    found = {row["name"] for row in rows}
    return [name for name in names if name in found]
