"""The HTTP routes of drafts."""

from typing import Annotated

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from core.actor import Actor
from forum.drafts import drafts
from forum.shapes_drafts import KEY, Draft, DraftChange, DraftList
from storage.database import Database

PathKey = Annotated[str, PathParameter(max_length=80, pattern=KEY)]


@get("/drafts", operation_id="read_drafts")
async def read_drafts(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> DraftList:
    """Return the member's drafts, the latest first."""
    async with db.read() as tx:
        return await drafts.read_drafts(tx, actor)


@get("/drafts/{key:str}", operation_id="read_draft")
async def read_draft(key: PathKey, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Draft:
    """Return one draft, or an empty draft with sequence 0 if there is none."""
    async with db.read() as tx:
        return await drafts.read_draft(tx, actor, key)


@put("/drafts/{key:str}", operation_id="save_draft")
async def save_draft(
    key: PathKey, data: JSONBody[DraftChange], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Draft:
    """Save a draft. If another window has changed it since, this text is saved as a fork, and the response has its key."""
    async with db.begin() as tx:
        return await drafts.save_draft(tx, actor, key, data)


@delete("/drafts/{key:str}", operation_id="drop_draft")
async def delete_draft(key: PathKey, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Delete a draft."""
    async with db.begin() as tx:
        await drafts.delete_draft(tx, actor, key)


draft_routes = [read_drafts, read_draft, save_draft, delete_draft]
