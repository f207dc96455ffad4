"""The HTTP side of tags: reading them, and tending them."""

from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import PathId
from forum.following.routes_following import PathTag
from forum.tags import tags
from forum.tags.shapes import NewSynonym, NewTagGroup, TagChange, TagFacts, TagGroup, TagGroupChange, TagList
from storage.database import Database


@get("/tags", operation_id="read_tags")
async def read_tags(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> TagList:
    """All tags, in their groups, with how many topics that one can see have each."""
    async with db.read() as tx:
        return await tags.read_tags(tx, actor)


@get("/tags/{tag:str}", operation_id="read_tag")
async def read_tag(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> TagFacts:
    """One tag, also by a name that stands for it, and those that topics have beside it."""
    async with db.read() as tx:
        return await tags.show_tag(tx, actor, tag)


@patch("/tags/{tag:str}", operation_id="change_tag")
async def change_tag(
    tag: FromPath[PathTag],
    data: JSONBody[TagChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> TagFacts:
    """Say what a tag is about, put it in a group or give it another name. `topic_changed` tells the topics that have it."""
    async with db.begin() as tx:
        return await tags.change_tag(tx, actor, tag, data)


@put("/tags/{tag:str}/synonym", operation_id="make_synonym")
async def make_synonym(
    tag: FromPath[PathTag],
    data: JSONBody[NewSynonym],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> TagFacts:
    """Have a name stand for another tag; topics and followers go along."""
    async with db.begin() as tx:
        return await tags.make_synonym(tx, actor, tag, data.of)


@delete("/tags/{tag:str}/synonym", operation_id="part_synonym")
async def part_synonym(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Have a name stand for itself again."""
    async with db.begin() as tx:
        await tags.part_synonym(tx, actor, tag)


@delete("/tags/{tag:str}", operation_id="remove_tag")
async def remove_tag(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Take a tag from all topics."""
    async with db.begin() as tx:
        await tags.remove_tag(tx, actor, tag)


@post("/tag-groups", operation_id="make_tag_group")
async def make_tag_group(
    data: JSONBody[NewTagGroup], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> TagGroup:
    """Make a group of tags."""
    async with db.begin() as tx:
        return await tags.make_group(tx, actor, data)


@patch("/tag-groups/{group_id:int}", operation_id="change_tag_group")
async def change_tag_group(
    group_id: PathId,
    data: JSONBody[TagGroupChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> TagGroup:
    """Change a group of tags."""
    async with db.begin() as tx:
        return await tags.change_group(tx, actor, group_id, data)


@delete("/tag-groups/{group_id:int}", operation_id="remove_tag_group")
async def remove_tag_group(
    group_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a group of tags, and none of the tags."""
    async with db.begin() as tx:
        await tags.remove_group(tx, actor, group_id)


routes = [
    read_tags,
    read_tag,
    change_tag,
    make_synonym,
    part_synonym,
    remove_tag,
    make_tag_group,
    change_tag_group,
    remove_tag_group,
]
