"""HTTP routes of tags, their synonyms and their groups."""

from typing import Annotated

from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from core.actor import Actor
from core.http import PathId
from forum.tags import groups, synonyms, tags
from forum.tags.names import MAX_TYPED_LENGTH
from forum.tags.shapes import NewSynonym, NewTagGroup, TagChange, TagFacts, TagGroup, TagGroupChange, TagList
from storage.database import Database

# In any script and form: names are normalized before they are compared.
PathTag = Annotated[str, PathParameter(min_length=1, max_length=MAX_TYPED_LENGTH)]


@get("/tags", operation_id="read_tags")
async def read_tags(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> TagList:
    """Return all tags in their groups, each with the number of its topics that you can see."""
    async with db.read() as tx:
        return await tags.read_tags(tx, actor)


@get("/tags/{tag:str}", operation_id="read_tag")
async def read_tag(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> TagFacts:
    """Return one tag, found by its name or a synonym, and the tags often used together with it."""
    async with db.read() as tx:
        return await tags.show_tag(tx, actor, tag)


@patch("/tags/{tag:str}", operation_id="change_tag")
async def change_tag(
    tag: FromPath[PathTag],
    data: JSONBody[TagChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> TagFacts:
    """Change the description, group or name of a tag. The topics that have the tag get a `topic_changed` event."""
    async with db.begin() as tx:
        return await tags.change_tag(tx, actor, tag, data)


@put("/tags/{tag:str}/synonym", operation_id="make_synonym")
async def make_synonym(
    tag: FromPath[PathTag],
    data: JSONBody[NewSynonym],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> TagFacts:
    """Make a tag a synonym of another tag; its topics and followers move to that tag."""
    async with db.begin() as tx:
        return await tags.make_synonym(tx, actor, tag, data.of)


@delete("/tags/{tag:str}/synonym", operation_id="part_synonym")
async def remove_synonym(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Make a synonym an independent tag again."""
    async with db.begin() as tx:
        await synonyms.remove_synonym(tx, actor, tag)


@delete("/tags/{tag:str}", operation_id="remove_tag")
async def remove_tag(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a tag from all topics."""
    async with db.begin() as tx:
        await tags.delete_tag(tx, actor, tag)


@post("/tag-groups", operation_id="make_tag_group")
async def make_tag_group(
    data: JSONBody[NewTagGroup], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> TagGroup:
    """Create a group of tags."""
    async with db.begin() as tx:
        return await groups.create_group(tx, actor, data)


@patch("/tag-groups/{group_id:int}", operation_id="change_tag_group")
async def change_tag_group(
    group_id: PathId,
    data: JSONBody[TagGroupChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> TagGroup:
    """Change a group of tags."""
    async with db.begin() as tx:
        return await groups.change_group(tx, actor, group_id, data)


@delete("/tag-groups/{group_id:int}", operation_id="remove_tag_group")
async def remove_tag_group(
    group_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a group of tags; the tags themselves stay."""
    async with db.begin() as tx:
        await groups.delete_group(tx, actor, group_id)


tag_routes = [
    read_tags,
    read_tag,
    change_tag,
    make_synonym,
    remove_synonym,
    remove_tag,
    make_tag_group,
    change_tag_group,
    remove_tag_group,
]
