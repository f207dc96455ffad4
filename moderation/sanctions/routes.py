"""HTTP routes of sanctions."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from core.http import PathId
from moderation.sanctions import author_history, sanctions
from moderation.sanctions.author_history import CaseAuthor
from moderation.sanctions.ladder import Ladder
from moderation.sanctions.sanctions import Sanctions
from storage.database import Database


@get("/me/sanctions", operation_id="read_sanctions")
async def read_sanctions(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Sanctions:
    """List the sanctions against you: why, where and until when. You can appeal each decision."""
    async with db.read() as tx:
        return await sanctions.read_own_sanctions(tx, actor)


@get("/cases/{case_id:int}/author", operation_id="read_case_author")
async def read_case_author(
    case_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    ladder: NamedDependency[Ladder],
) -> CaseAuthor:
    """Show the moderation history of the author of a case's subject, and the next step of the ladder."""
    async with db.read() as tx:
        return await author_history.read_case_author(tx, actor, case_id, ladder)


@get("/members/{handle:str}/sanctions", operation_id="read_sanctions_of")
async def read_member_sanctions(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Sanctions:
    """List the sanctions against a member, for that member and for moderators."""
    async with db.read() as tx:
        return await sanctions.read_member_sanctions(tx, actor, handle)


routes = [read_sanctions, read_member_sanctions, read_case_author]
