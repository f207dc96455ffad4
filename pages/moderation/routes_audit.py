"""The audit, for those with a duty."""

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

DEEDS: Mapping[str, str] = {
    "noticed": "Something was reported",
    "decided": "A case was decided",
    "undone": "A decision was undone at once",
    "taken_back": "A decision was taken back",
    "appealed": "A decision was appealed",
    "appeal_answered": "An appeal was answered",
    "escalated": "A case was handed to the administrators",
    "given_back": "A case was given back to the moderators",
    "reporters_seen": "Reporters were looked at",
    "rule_made": "A rule was written",
    "rule_changed": "A rule was changed",
    "rule_on": "A rule was switched on",
    "rule_off": "A rule was switched off",
    "reasons_changed": "A template of reasons was changed",
    "tag_joined": "A tag became a synonym",
    "tag_parted": "A synonym stands for itself again",
    "tag_removed": "A tag was removed",
    "duty_given": "A duty was given",
    "duty_taken": "A duty was taken",
}


@get("/audit", include_in_schema=False)
async def show_audit(
    context: NamedDependency[PageContext],
    kind: OnlyKind = "",
    sector: FromQuery[str] = "",
    after: Cursor = None,
) -> Response[bytes]:
    """What was done where one moderates or hosts, the latest first."""
    only = AuditFilter(kind=kind if kind in DEEDS else None, sector=sector or None)
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
        deeds=DEEDS,
    )


routes = [show_audit]
