"""Synonyms: names that stand for another tag. A synonym is on no topic; in filters and URLs it means the other tag too."""

from collections.abc import Iterable

from core.actor import Actor
from core.errors import NotFound
from forum.events import TopicChanged, TopicListingChanged
from forum.tags.names import find_tag, tag_of
from forum.tags.policy import ensure_can_manage_tags
from storage.database import Reader, Transaction
from storage.statements import statement

# A transaction that tags a topic reads the synonyms under the shared lock. A transaction that changes synonyms takes the
# exclusive lock and so waits until those topics are written. Both take it before they lock any topic, to avoid deadlocks.
LOCK_TAG_NAMES_SHARED = statement("SELECT pg_advisory_xact_lock_shared(hashtextextended('tags', 0))")
LOCK_TAG_NAMES = statement("SELECT pg_advisory_xact_lock(hashtextextended('tags', 0))")
SELECT_TAGS_OF_SYNONYMS = statement(
    "SELECT name, synonym_of FROM tags WHERE name = ANY(:names) AND synonym_of IS NOT NULL"
)
# The synonyms of the tag become synonyms of the other tag.
UPSERT_SYNONYM = statement("""
WITH moved AS (UPDATE tags SET synonym_of = :of WHERE synonym_of = :name)
INSERT INTO tags (name, synonym_of) VALUES (:name, :of)
ON CONFLICT (name) DO UPDATE SET about = '', group_id = NULL, synonym_of = :of
""")
DELETE_TAG = statement("DELETE FROM tags WHERE name = :name")
# `of` is NULL to remove the tag.
REPLACE_TAG_ON_TOPICS = statement("""
UPDATE topics SET version = version + 1, tags = ARRAY(
    SELECT DISTINCT coalesce(nullif(tag, :name), :of) AS tag FROM unnest(tags) AS tag
    WHERE tag <> :name OR CAST(:of AS text) IS NOT NULL ORDER BY 1)
WHERE tags @> ARRAY[CAST(:name AS text)] RETURNING id, sector_id
""")
# A member who follows both tags already keeps the level of the other tag.
UPDATE_FOLLOWED_TAG = statement("""
UPDATE following f SET tag = :of WHERE tag = :name AND NOT EXISTS (
    SELECT FROM following other WHERE other.member_id = f.member_id AND other.tag = :of)
""")
DELETE_FOLLOWING_OF_TAG = statement("DELETE FROM following WHERE tag = :name")


async def resolve_synonyms(tx: Reader, names: Iterable[str]) -> dict[str, str]:
    """Return for each name, in any form, the tag it stands for: for a synonym another tag, and for no tag an empty text."""
    keys = {name: find_tag(name) for name in names}
    if not keys:
        return {}
    rows = await tx.rows(SELECT_TAGS_OF_SYNONYMS, names=list(keys.values()))
    stands_for = {row["name"]: row["synonym_of"] for row in rows}
    return {name: stands_for.get(key, key) for name, key in keys.items()}


async def resolve_synonym(tx: Reader, name: str) -> str:
    """Return the stored form of the tag that a name stands for, which is another tag if the name is a synonym."""
    return (await resolve_synonyms(tx, [name]))[name]


async def resolve_tag(tx: Reader, name: str) -> str:
    """Return the stored form of the tag that a name stands for; raise TagInvalid if it is none."""
    return await resolve_synonym(tx, tag_of(name))


async def lock_tag_names(tx: Transaction) -> None:
    """Keep all synonyms unchanged until the transaction ends; call this before locking a topic."""
    await tx.run(LOCK_TAG_NAMES_SHARED)


async def lock_tag_names_for_change(tx: Transaction) -> None:
    """Wait until no other transaction uses or changes tag names, and keep others waiting until this one ends."""
    await tx.run(LOCK_TAG_NAMES)


async def merge_into(tx: Transaction, actor: Actor, name: str, of: str) -> None:
    """Make a name a synonym of a tag: its topics and followers get that tag. Writes an audit entry; checks nothing."""
    await replace_on_topics(tx, name, of)
    await tx.run(UPDATE_FOLLOWED_TAG, name=name, of=of)
    await tx.run(DELETE_FOLLOWING_OF_TAG, name=name)
    await tx.run(UPSERT_SYNONYM, name=name, of=of)
    tx.audit("tag_joined", actor.id, sector=None, tag=name, of=of)


async def replace_on_topics(tx: Transaction, name: str, of: str | None) -> None:
    """Replace a tag on all topics by another tag, or remove it if `of` is None, and record the events of the topics."""
    for row in await tx.rows(REPLACE_TAG_ON_TOPICS, name=name, of=of):
        await tx.record(TopicListingChanged(sector_id=row["sector_id"], topic_id=row["id"]))
        await tx.record(TopicChanged(topic_id=row["id"]))


async def remove_synonym(tx: Transaction, actor: Actor, name: str) -> None:
    """Make a synonym an independent name again; topics keep the tags they have.

    Raises SignInFirst, NotTagKeeper, or NotFound if the name is no synonym.
    """
    ensure_can_manage_tags(actor)
    name = tag_of(name)
    of = await resolve_synonym(tx, name)
    if of == name:
        raise NotFound
    await tx.run(DELETE_TAG, name=name)
    tx.audit("tag_parted", actor.id, sector=None, tag=name, of=of)
