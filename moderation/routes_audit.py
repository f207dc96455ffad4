"""The HTTP side of the audit."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.actor import Actor
from core.http import Cursor
from moderation.audit_trail import read_audit
from moderation.shapes_audit import AuditFilter, AuditPage
from storage.database import Database

OnlyKind = Annotated[str | None, QueryParameter(name="kind", max_length=60)]


@get("/audit", operation_id="read_audit")
async def read_deeds(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    kind: OnlyKind = None,
    sector: FromQuery[str | None] = None,
    after: Cursor = None,
) -> AuditPage:
    """One page of what was done in the sectors one moderates and the gatherings one hosts, the latest first."""
    async with db.read() as tx:
        return await read_audit(tx, actor, after, AuditFilter(kind=kind, sector=sector))


routes = [read_deeds]
