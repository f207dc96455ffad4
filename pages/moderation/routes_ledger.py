"""The public moderation log."""

from typing import Annotated, get_args
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.http import Cursor
from moderation.ledger import ledger
from moderation.ledger.shapes import LedgerFilter
from moderation.shapes import Action
from pages.moderation.labels import action_labels
from pages.shell.context import PageContext

OnlyAction = Annotated[str, QueryParameter(name="action", max_length=60)]
OnlyReversed = Annotated[bool | None, QueryParameter(name="reversed")]


@get("/ledger", include_in_schema=False)
async def show_ledger(
    context: NamedDependency[PageContext],
    sector: FromQuery[str] = "",
    action: OnlyAction = "",
    moderator: FromQuery[str] = "",
    reversed_: OnlyReversed = None,
    after: Cursor = None,
) -> Response[bytes]:
    """Show the decisions that match the filters, newest first."""
    known: Action | None = action if action in get_args(Action) else None  # type: ignore[assignment]
    only = LedgerFilter(
        sector=sector or None, action=known, moderator=moderator or None, reversed=reversed_ or None
    )
    async with context.db.read() as tx:
        page = await ledger.read_ledger(tx, after, only)
    given = {"sector": only.sector, "action": only.action, "moderator": only.moderator}
    given["reversed"] = "true" if only.reversed else None
    query = urlencode({name: value for name, value in given.items() if value})
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/ledger.html",
        page=page,
        only=only,
        query=query,
        actions=action_labels(),
    )


routes = [show_ledger]
