"""Tags: reading, changing and deleting them, and the check of the tags that a topic may have.

Topics store the names of their tags. The table `tags` has a row only for a tag with a description, a group or a synonym,
and for each synonym.
"""

from collections.abc import Iterable, Sequence

from asyncpg import Record
from msgspec import UNSET
from sqlalchemy import ARRAY, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import array

from core.actor import Actor
from core.errors import NotFound
from core.text import tidy
from forum.tables import topics
from forum.tags.groups import LOCK_TAG_GROUP, read_groups, to_group
from forum.tags.names import tag_of, tags_of
from forum.tags.policy import (
    MAX_TAGS,
    OwnSynonym,
    TagTaken,
    TooManyTags,
    ensure_can_manage_tags,
    ensure_can_tag,
)
from forum.tags.shapes import Tag, TagChange, TagFacts, TagList
from forum.tags.synonyms import (
    DELETE_FOLLOWING_OF_TAG,
    DELETE_TAG,
    lock_tag_names,
    lock_tag_names_for_change,
    merge_into,
    replace_on_topics,
    resolve_synonym,
    resolve_synonyms,
)
from forum.tags.tables import tags
from forum.visibility import seen_by, visible_topics
from storage.database import Reader, Transaction
from storage.statements import statement

MAX_RELATED = 12

_name = func.unnest(topics.c.tags).label("name")
COUNT_TOPICS_BY_TAG = statement(
    select(_name, func.count().label("topics")).where(visible_topics()).group_by(_name)
)
# Includes the tag itself, which gives its number of topics.
COUNT_TOPICS_BY_RELATED_TAG = statement(
    select(_name, func.count().label("topics"))
    .where(visible_topics(), topics.c.tags.op("@>")(cast(array([bindparam("tag", type_=Text)]), ARRAY(Text))))
    .group_by(_name)
    .order_by(func.count().desc(), _name)
    .limit(MAX_RELATED + 1)
)
SELECT_TAGS = statement(select(tags))
SELECT_TAG_WITH_SYNONYMS = statement("SELECT * FROM tags WHERE name = :name OR synonym_of = :name")
SELECT_GROUPS_OF_TAGS = statement("""
SELECT t.name AS tag, g.* FROM tags t JOIN tag_groups g ON g.id = t.group_id WHERE t.name = ANY(:names)
""")
INSERT_TAG_IF_MISSING = statement("INSERT INTO tags (name) VALUES (:name) ON CONFLICT DO NOTHING")
UPSERT_TAG = statement("""
INSERT INTO tags (name, about, group_id) VALUES (:name, :about, :group)
ON CONFLICT (name) DO UPDATE SET about = excluded.about, group_id = excluded.group_id
""")


async def resolve_tags(
    tx: Transaction, actor: Actor, names: Sequence[str], before: Iterable[str] = ()
) -> list[str]:
    """Return the tags to store on a topic: sorted, without duplicates, and with tags in place of synonyms.

    `before` are the tags that the topic has now. Raises TagInvalid, TooManyTags, or TagForModerators or OneTagOfGroup if a
    group forbids the change.
    """
    names = tags_of(names)
    if len(names) > MAX_TAGS:
        raise TooManyTags(field="tags")
    if names:
        await lock_tag_names(tx)
    wanted = sorted(set((await resolve_synonyms(tx, names)).values()))
    if wanted or before:
        rows = await tx.rows(SELECT_GROUPS_OF_TAGS, names=[*wanted, *before])
        ensure_can_tag(actor, {row["tag"]: to_group(row) for row in rows}, wanted, before)
    return wanted


async def read_tags(tx: Reader, actor: Actor) -> TagList:
    """Return all groups, and the tags with a description, group or synonym or on a topic that the actor can see."""
    counts = {row["name"]: row["topics"] for row in await tx.rows(COUNT_TOPICS_BY_TAG, **seen_by(actor))}
    rows = {row["name"]: row for row in await tx.rows(SELECT_TAGS)}
    items = [_to_tag(name, rows, counts.get(name, 0)) for name in sorted(counts.keys() | _public_names(rows))]
    return TagList(groups=await read_groups(tx), items=items)


async def show_tag(tx: Reader, actor: Actor, name: str) -> TagFacts:
    """Return a tag, found by its name or a synonym, and its related tags.

    Raises NotFound if nothing is known of the tag and no topic that the actor can see has it.
    """
    name = await resolve_synonym(tx, name)
    counted = await tx.rows(COUNT_TOPICS_BY_RELATED_TAG, tag=name, **seen_by(actor))
    counts = {row["name"]: row["topics"] for row in counted}
    rows = {row["name"]: row for row in await tx.rows(SELECT_TAG_WITH_SYNONYMS, name=name)}
    if name not in counts and name not in _public_names(rows):
        raise NotFound
    return TagFacts(
        tag=_to_tag(name, rows, counts.get(name, 0)),
        related=[other for other in counts if other != name][:MAX_RELATED],
    )


async def change_tag(tx: Transaction, actor: Actor, name: str, change: TagChange) -> TagFacts:
    """Change the description, group or name of a tag and return it; the old name becomes a synonym.

    Raises SignInFirst, NotTagKeeper, NotFound, or TagTaken if the new name is a different tag.
    """
    ensure_can_manage_tags(actor)
    await lock_tag_names_for_change(tx)
    tag = (await show_tag(tx, actor, name)).tag
    if change.group not in (UNSET, None) and await tx.row(LOCK_TAG_GROUP, id=change.group) is None:
        raise NotFound
    about = tag.about if change.about is UNSET else tidy(change.about)
    group = tag.group if change.group is UNSET else change.group
    new_name = tag.name if change.name is UNSET else tag_of(change.name)
    if new_name != tag.name:
        await _ensure_name_is_free(tx, actor, new_name, tag)
        await tx.run(DELETE_TAG, name=new_name)
        await tx.run(INSERT_TAG_IF_MISSING, name=new_name)
        await merge_into(tx, actor, tag.name, new_name)
    await tx.run(UPSERT_TAG, name=new_name, about=about, group=group)
    return await show_tag(tx, actor, new_name)


async def make_synonym(tx: Transaction, actor: Actor, name: str, of: str) -> TagFacts:
    """Make a name a synonym of a tag and return the tag; topics and followers of the name get the tag.

    Raises SignInFirst, NotTagKeeper, or OwnSynonym if both are the same or `of` is a synonym itself.
    """
    ensure_can_manage_tags(actor)
    await lock_tag_names_for_change(tx)
    name, of = tag_of(name), tag_of(of)
    if name == of or await resolve_synonym(tx, of) != of:
        raise OwnSynonym(field="of")
    await tx.run(INSERT_TAG_IF_MISSING, name=of)
    await merge_into(tx, actor, name, of)
    return await show_tag(tx, actor, of)


async def delete_tag(tx: Transaction, actor: Actor, name: str) -> None:
    """Delete a tag and its synonyms, and remove it from all topics and from what members follow.

    Raises SignInFirst, NotTagKeeper or NotFound.
    """
    ensure_can_manage_tags(actor)
    await lock_tag_names_for_change(tx)
    tag = (await show_tag(tx, actor, name)).tag
    await replace_on_topics(tx, tag.name, None)
    await tx.run(DELETE_FOLLOWING_OF_TAG, name=tag.name)
    await tx.run(DELETE_TAG, name=tag.name)
    tx.audit("tag_removed", actor.id, sector=None, tag=tag.name)


async def _ensure_name_is_free(tx: Reader, actor: Actor, name: str, tag: Tag) -> None:
    if name in tag.synonyms:
        return
    try:
        await show_tag(tx, actor, name)
    except NotFound:
        return
    raise TagTaken(field="name")


def _public_names(rows: dict[str, Record]) -> set[str]:
    # Moderators have described, grouped or joined these tags, so everybody may see them even if no visible topic has them.
    described = {name for name, row in rows.items() if row["group_id"] is not None or row["about"]}
    return described | {row["synonym_of"] for row in rows.values() if row["synonym_of"] is not None}


def _to_tag(name: str, rows: dict[str, Record], count: int) -> Tag:
    row = rows.get(name)
    return Tag(
        name=name,
        about=row["about"] if row else "",
        group=row["group_id"] if row else None,
        synonyms=sorted(other for other, one in rows.items() if one["synonym_of"] == name),
        topics=count,
    )
