"""The audit log, for members with a role."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.http import Cursor
from moderation.audit.audit_trail import read_audit
from moderation.audit.shapes import AuditFilter
from pages.shell.context import PageContext

OnlyKind = Annotated[str, QueryParameter(name="kind", max_length=60)]

EVENTS: Mapping[str, str] = {
    "noticed": "A report was received",
    "decided": "A case was decided",
    "undone": "A decision was undone within seconds",
    "taken_back": "A decision was reversed",
    "appealed": "A decision was appealed",
    "appeal_answered": "An appeal was answered",
    "escalated": "A case was escalated to the administrators",
    "given_back": "A case was returned to the moderators",
    "reporters_seen": "Reporters were viewed",
    "rule_made": "A filter was added",
    "rule_changed": "A filter was changed",
    "rule_on": "A filter was turned on",
    "rule_off": "A filter was turned off",
    "reasons_changed": "A reason template was changed",
    "tag_joined": "A tag became a synonym",
    "tag_parted": "A synonym became a tag of its own",
    "tag_removed": "A tag was removed",
    "lane_opened": "A lane for a shared network was opened",
    "lane_closed": "A lane for a shared network was closed",
    "duty_given": "A role was assigned",
    "duty_taken": "A role was revoked",
    "member_erased": "An account was deleted",
}


@get("/audit", include_in_schema=False)
async def show_audit(
    context: NamedDependency[PageContext],
    kind: OnlyKind = "",
    sector: FromQuery[str] = "",
    after: Cursor = None,
) -> Response[bytes]:
    """Show what was done where the viewer moderates or hosts, newest first."""
    only = AuditFilter(kind=kind if kind in EVENTS else None, sector=sector or None)
    async with context.db.read() as tx:
        page = await read_audit(tx, context.actor, after, only)
    query = urlencode({name: value for name, value in (("kind", only.kind), ("sector", sector)) if value})
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/audit.html",
        page=page,
        only=only,
        query=query,
        events=EVENTS,
    )


routes = [show_audit]
