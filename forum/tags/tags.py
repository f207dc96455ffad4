"""Tags: what they are called, in which groups they stand, and which names stand for them.

Topics hold the names of their tags; a row of `tags` is there for what was said of one, and for synonyms. A name that only
stands for another is on no topic: it becomes the other one when it is typed, in filters and in addresses too.
"""

from collections.abc import Iterable, Sequence

from asyncpg import Record
from msgspec import UNSET
from sqlalchemy import ARRAY, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import array

from core.actor import Actor
from core.errors import NotFound
from core.text import tidy
from forum.events import TopicChanged, TopicListingChanged
from forum.tables import topics
from forum.tags.policy import GroupTaken, OwnSynonym, TagTaken, ensure_can_keep_tags, ensure_can_tag
from forum.tags.shapes import NewTagGroup, Tag, TagChange, TagFacts, TagGroup, TagGroupChange, TagList
from forum.tags.tables import tag_groups, tags
from forum.visibility import seen_by, visible_topics
from storage.database import Reader, Transaction
from storage.statements import statement

RELATED = 12
"""So many tags are said to be related to one."""

_name = func.unnest(topics.c.tags).label("name")
_COUNTS = statement(select(_name, func.count().label("topics")).where(visible_topics()).group_by(_name))
_BESIDE = statement(
    select(_name, func.count().label("topics"))
    .where(visible_topics(), topics.c.tags.op("@>")(cast(array([bindparam("tag", type_=Text)]), ARRAY(Text))))
    .group_by(_name)
    .order_by(func.count().desc(), _name)
    .limit(RELATED + 1)
)
_GROUPS = statement(select(tag_groups).order_by(func.lower(tag_groups.c.name)))
_TAGS = statement(select(tags))
_OF_ONE = statement("SELECT * FROM tags WHERE name = :name OR synonym_of = :name")
_STAND_FOR = statement(
    "SELECT name, synonym_of FROM tags WHERE name = ANY(:names) AND synonym_of IS NOT NULL"
)
_GROUPED = statement("""
SELECT t.name AS tag, g.* FROM tags t JOIN tag_groups g ON g.id = t.group_id WHERE t.name = ANY(:names)
""")
_SAY = statement("""
INSERT INTO tags (name, about, group_id) VALUES (:name, :about, :group)
ON CONFLICT (name) DO UPDATE SET about = excluded.about, group_id = excluded.group_id
""")
# Those that stood for it stand for the other one now.
_STAND = statement("""
WITH moved AS (UPDATE tags SET synonym_of = :of WHERE synonym_of = :name)
INSERT INTO tags (name, synonym_of) VALUES (:name, :of)
ON CONFLICT (name) DO UPDATE SET about = '', group_id = NULL, synonym_of = :of
""")
_BEGIN = statement("INSERT INTO tags (name) VALUES (:name) ON CONFLICT DO NOTHING")
_FORGET = statement("DELETE FROM tags WHERE name = :name")
_PUT = statement("""
UPDATE topics SET version = version + 1, tags = ARRAY(
    SELECT DISTINCT coalesce(nullif(tag, :name), :of) AS tag FROM unnest(tags) AS tag
    WHERE tag <> :name OR CAST(:of AS text) IS NOT NULL ORDER BY 1)
WHERE tags @> ARRAY[CAST(:name AS text)] RETURNING id, sector_id
""")
_FOLLOW = statement("""
UPDATE following f SET tag = :of WHERE tag = :name AND NOT EXISTS (
    SELECT FROM following other WHERE other.member_id = f.member_id AND other.tag = :of)
""")
_UNFOLLOW = statement("DELETE FROM following WHERE tag = :name")
_MAKE_GROUP = statement("""
INSERT INTO tag_groups (name, one_only, for_moderators) VALUES (:name, :one_only, :for_moderators)
ON CONFLICT (lower(name)) DO NOTHING RETURNING *
""")
_GET_GROUP = statement("SELECT * FROM tag_groups WHERE id = :id FOR UPDATE")
_IS_TAKEN = statement("SELECT EXISTS (SELECT FROM tag_groups WHERE lower(name) = lower(:name) AND id <> :id)")
_CHANGE_GROUP = statement("""
UPDATE tag_groups SET name = :name, one_only = :one_only, for_moderators = :for_moderators WHERE id = :id
""")
_DROP_GROUP = statement("DELETE FROM tag_groups WHERE id = :id")
# Whoever tags a topic reads which names stand for others, and whoever joins names waits until the topics have been written.
# Taken before any topic is held.
_TAGGING = statement("SELECT pg_advisory_xact_lock_shared(hashtextextended('tags', 0))")
_JOINING = statement("SELECT pg_advisory_xact_lock(hashtextextended('tags', 0))")
_ANY_GROUP = statement("SELECT EXISTS (SELECT FROM tag_groups)")


async def main_names(tx: Reader, names: Iterable[str]) -> dict[str, str]:
    """What the names stand for: themselves, but for synonyms."""
    made = {name: name for name in names}
    if made:
        rows = await tx.rows(_STAND_FOR, names=list(made))
        made |= {row["name"]: row["synonym_of"] for row in rows}
    return made


async def main_name(tx: Reader, name: str) -> str:
    """What one name stands for."""
    return (await main_names(tx, [name]))[name]


async def hold_tags(tx: Transaction) -> None:
    """Have names stand for what they stand for until the transaction ends. To be called before a topic is held."""
    await tx.run(_TAGGING)


async def settle_tags(
    tx: Transaction, actor: Actor, names: Sequence[str], before: Iterable[str] = ()
) -> list[str]:
    """The tags of a topic as they are kept; refused where their groups do not allow them. `before` are those it had."""
    if names:
        await hold_tags(tx)
    wanted = sorted(set((await main_names(tx, names)).values()))
    if wanted or before:
        rows = await tx.rows(_GROUPED, names=[*wanted, *before])
        ensure_can_tag(actor, {row["tag"]: _group_of(row) for row in rows}, wanted, before)
    return wanted


async def read_groups(tx: Reader) -> list[TagGroup]:
    """All groups of tags."""
    return [_group_of(row) for row in await tx.rows(_GROUPS)]


async def read_tags(tx: Reader, actor: Actor) -> TagList:
    """All groups and tags. What only topics have that the actor cannot see is not among them."""
    counts = {row["name"]: row["topics"] for row in await tx.rows(_COUNTS, **seen_by(actor))}
    said = {row["name"]: row for row in await tx.rows(_TAGS)}
    items = [_tag_of(name, said, counts.get(name, 0)) for name in sorted(counts.keys() | _kept(said))]
    return TagList(groups=await read_groups(tx), items=items)


async def show_tag(tx: Reader, actor: Actor, name: str) -> TagFacts:
    """One tag, by its name or one that stands for it; not found where nothing that the actor can see has it."""
    name = await main_name(tx, name)
    rows = {row["name"]: row["topics"] for row in await tx.rows(_BESIDE, tag=name, **seen_by(actor))}
    said = {row["name"]: row for row in await tx.rows(_OF_ONE, name=name)}
    if name not in rows and name not in _kept(said):
        raise NotFound
    return TagFacts(
        tag=_tag_of(name, said, rows.get(name, 0)),
        related=[other for other in rows if other != name][:RELATED],
    )


async def change_tag(tx: Transaction, actor: Actor, name: str, change: TagChange) -> TagFacts:
    """Say what a tag is about, put it in a group, or give it another name; the old one stands for it then."""
    ensure_can_keep_tags(actor)
    await tx.run(_JOINING)
    facts = (await show_tag(tx, actor, name)).tag
    if change.group not in (UNSET, None) and await tx.row(_GET_GROUP, id=change.group) is None:
        raise NotFound
    about = facts.about if change.about is UNSET else tidy(change.about)
    group = facts.group if change.group is UNSET else change.group
    new = facts.name if change.name is UNSET else change.name
    if new != facts.name:
        await _ensure_free(tx, actor, new, facts)
        await tx.run(_FORGET, name=new)
        await tx.run(_BEGIN, name=new)
        await _become(tx, actor, facts.name, new)
    await tx.run(_SAY, name=new, about=about, group=group)
    return await show_tag(tx, actor, new)


async def make_synonym(tx: Transaction, actor: Actor, name: str, of: str) -> TagFacts:
    """Have a name stand for a tag. Topics that had it, and who follows it, have the other one from now on."""
    ensure_can_keep_tags(actor)
    await tx.run(_JOINING)
    if name == of or await main_name(tx, of) != of:
        raise OwnSynonym(field="of")
    await tx.run(_BEGIN, name=of)
    await _become(tx, actor, name, of)
    return await show_tag(tx, actor, of)


async def part_synonym(tx: Transaction, actor: Actor, name: str) -> None:
    """Have a name stand for nothing but itself again; what was tagged meanwhile stays as it is."""
    ensure_can_keep_tags(actor)
    of = await main_name(tx, name)
    if of == name:
        raise NotFound
    await tx.run(_FORGET, name=name)
    tx.audit("tag_parted", actor.id, sector=None, tag=name, of=of)


async def remove_tag(tx: Transaction, actor: Actor, name: str) -> None:
    """Take a tag, with the names that stand for it, from all topics, and from those who follow it."""
    ensure_can_keep_tags(actor)
    await tx.run(_JOINING)
    facts = (await show_tag(tx, actor, name)).tag
    await _replace(tx, facts.name, None)
    await tx.run(_UNFOLLOW, name=facts.name)
    await tx.run(_FORGET, name=facts.name)
    tx.audit("tag_removed", actor.id, sector=None, tag=facts.name)


async def make_group(tx: Transaction, actor: Actor, new: NewTagGroup) -> TagGroup:
    """Make a group of tags."""
    ensure_can_keep_tags(actor)
    binds = {"one_only": new.one_only, "for_moderators": new.for_moderators}
    row = await tx.row(_MAKE_GROUP, name=tidy(new.name), **binds)
    if row is None:
        raise GroupTaken(field="name")
    return _group_of(row)


async def change_group(tx: Transaction, actor: Actor, group_id: int, change: TagGroupChange) -> TagGroup:
    """Change what a group is called and what holds for its tags; topics keep those they have."""
    ensure_can_keep_tags(actor)
    row = await tx.row(_GET_GROUP, id=group_id)
    if row is None:
        raise NotFound
    name = row["name"] if change.name is UNSET else tidy(change.name)
    if await tx.value(_IS_TAKEN, name=name, id=group_id):
        raise GroupTaken(field="name")
    made = TagGroup(
        id=group_id,
        name=name,
        one_only=row["one_only"] if change.one_only is UNSET else change.one_only,
        for_moderators=row["for_moderators"] if change.for_moderators is UNSET else change.for_moderators,
    )
    binds = {"one_only": made.one_only, "for_moderators": made.for_moderators}
    await tx.run(_CHANGE_GROUP, id=group_id, name=name, **binds)
    return made


async def remove_group(tx: Transaction, actor: Actor, group_id: int) -> None:
    """Remove a group; its tags stay, in none."""
    ensure_can_keep_tags(actor)
    if not await tx.run(_DROP_GROUP, id=group_id):
        raise NotFound


async def put_tag_groups(tx: Transaction, groups: Sequence[tuple[str, Sequence[str]]]) -> None:
    """The groups that a new community begins with; where there are any, nothing is done."""
    if await tx.value(_ANY_GROUP):
        return
    for name, names in groups:
        row = await tx.row(_MAKE_GROUP, name=name, one_only=False, for_moderators=False)
        assert row is not None  # there is none yet
        for tag in names:
            await tx.run(_SAY, name=tag, about="", group=row["id"])


async def _ensure_free(tx: Reader, actor: Actor, name: str, of: Tag) -> None:
    if name in of.synonyms:
        return
    try:
        await show_tag(tx, actor, name)
    except NotFound:
        return
    raise TagTaken(field="name")


async def _become(tx: Transaction, actor: Actor, name: str, of: str) -> None:
    await _replace(tx, name, of)
    await tx.run(_FOLLOW, name=name, of=of)
    await tx.run(_UNFOLLOW, name=name)
    await tx.run(_STAND, name=name, of=of)
    tx.audit("tag_joined", actor.id, sector=None, tag=name, of=of)


async def _replace(tx: Transaction, name: str, of: str | None) -> None:
    for row in await tx.rows(_PUT, name=name, of=of):
        await tx.record(TopicListingChanged(sector_id=row["sector_id"], topic_id=row["id"]))
        await tx.record(TopicChanged(topic_id=row["id"]))


def _kept(said: dict[str, Record]) -> set[str]:
    # Of which a moderator has said something: that is for all to read, whatever has them.
    told = {name for name, row in said.items() if row["group_id"] is not None or row["about"]}
    return told | {row["synonym_of"] for row in said.values() if row["synonym_of"] is not None}


def _tag_of(name: str, said: dict[str, Record], count: int) -> Tag:
    row = said.get(name)
    return Tag(
        name=name,
        about=row["about"] if row else "",
        group=row["group_id"] if row else None,
        synonyms=sorted(other for other, one in said.items() if one["synonym_of"] == name),
        topics=count,
    )


def _group_of(row: Record) -> TagGroup:
    return TagGroup(
        id=row["id"], name=row["name"], one_only=row["one_only"], for_moderators=row["for_moderators"]
    )
