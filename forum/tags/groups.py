"""Groups of tags and the rules that they set for their tags."""

from collections.abc import Sequence

from asyncpg import Record
from msgspec import UNSET
from sqlalchemy import func, select

from core.actor import Actor
from core.errors import NotFound
from core.text import tidy
from forum.tags.policy import GroupTaken, ensure_can_manage_tags
from forum.tags.shapes import NewTagGroup, TagGroup, TagGroupChange
from forum.tags.tables import tag_groups
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_TAG_GROUPS = statement(select(tag_groups).order_by(func.lower(tag_groups.c.name)))
EXISTS_TAG_GROUP = statement("SELECT EXISTS (SELECT FROM tag_groups)")
LOCK_TAG_GROUP = statement("SELECT * FROM tag_groups WHERE id = :id FOR UPDATE")
EXISTS_OTHER_GROUP_OF_NAME = statement(
    "SELECT EXISTS (SELECT FROM tag_groups WHERE lower(name) = lower(:name) AND id <> :id)"
)
INSERT_TAG_GROUP = statement("""
INSERT INTO tag_groups (name, one_only, for_moderators) VALUES (:name, :one_only, :for_moderators)
ON CONFLICT (lower(name)) DO NOTHING RETURNING *
""")
UPDATE_TAG_GROUP = statement("""
UPDATE tag_groups SET name = :name, one_only = :one_only, for_moderators = :for_moderators WHERE id = :id
""")
DELETE_TAG_GROUP = statement("DELETE FROM tag_groups WHERE id = :id")
INSERT_TAG_IN_GROUP = statement("""
INSERT INTO tags (name, group_id) VALUES (:name, :group)
ON CONFLICT (name) DO UPDATE SET about = '', group_id = excluded.group_id
""")


async def read_groups(tx: Reader) -> list[TagGroup]:
    """Return all groups of tags in alphabetical order."""
    return [to_group(row) for row in await tx.rows(SELECT_TAG_GROUPS)]


async def create_group(tx: Transaction, actor: Actor, new: NewTagGroup) -> TagGroup:
    """Create a group of tags and return it; raise SignInFirst, NotTagKeeper or GroupTaken."""
    ensure_can_manage_tags(actor)
    row = await tx.row(
        INSERT_TAG_GROUP, name=tidy(new.name), one_only=new.one_only, for_moderators=new.for_moderators
    )
    if row is None:
        raise GroupTaken(field="name")
    return to_group(row)


async def change_group(tx: Transaction, actor: Actor, group_id: int, change: TagGroupChange) -> TagGroup:
    """Change the name and rules of a group and return it; topics keep the tags they have.

    Raises SignInFirst, NotTagKeeper, NotFound or GroupTaken.
    """
    ensure_can_manage_tags(actor)
    row = await tx.row(LOCK_TAG_GROUP, id=group_id)
    if row is None:
        raise NotFound
    name = row["name"] if change.name is UNSET else tidy(change.name)
    if await tx.value(EXISTS_OTHER_GROUP_OF_NAME, name=name, id=group_id):
        raise GroupTaken(field="name")
    group = TagGroup(
        id=group_id,
        name=name,
        one_only=row["one_only"] if change.one_only is UNSET else change.one_only,
        for_moderators=row["for_moderators"] if change.for_moderators is UNSET else change.for_moderators,
    )
    await tx.run(
        UPDATE_TAG_GROUP,
        id=group_id,
        name=name,
        one_only=group.one_only,
        for_moderators=group.for_moderators,
    )
    return group


async def delete_group(tx: Transaction, actor: Actor, group_id: int) -> None:
    """Delete a group; its tags stay, without a group. Raises SignInFirst, NotTagKeeper or NotFound."""
    ensure_can_manage_tags(actor)
    if not await tx.run(DELETE_TAG_GROUP, id=group_id):
        raise NotFound


async def create_initial_tag_groups(tx: Transaction, groups: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Create the groups of a new community, given as (name, tags); do nothing if there is any group already."""
    if await tx.value(EXISTS_TAG_GROUP):
        return
    for name, tags in groups:
        row = await tx.row(INSERT_TAG_GROUP, name=name, one_only=False, for_moderators=False)
        assert row is not None
        for tag in tags:
            await tx.run(INSERT_TAG_IN_GROUP, name=tag, group=row["id"])


def to_group(row: Record) -> TagGroup:
    """Return the group in a row of `tag_groups`."""
    return TagGroup(
        id=row["id"], name=row["name"], one_only=row["one_only"], for_moderators=row["for_moderators"]
    )
