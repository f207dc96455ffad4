"""HTTP routes of the audit trail."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.actor import Actor
from core.http import Cursor
from moderation.audit import audit_trail
from moderation.audit.shapes import AuditFilter, AuditPage
from storage.database import Database

KindFilter = Annotated[str | None, QueryParameter(name="kind", max_length=60)]


@get("/audit", operation_id="read_audit")
async def read_audit(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    kind: KindFilter = None,
    sector: FromQuery[str | None] = None,
    after: Cursor = None,
) -> AuditPage:
    """Read one page of the audit trail of the sectors you moderate and the gatherings you host, newest first."""
    async with db.read() as tx:
        return await audit_trail.read_audit(tx, actor, after, AuditFilter(kind=kind, sector=sector))


routes = [read_audit]
