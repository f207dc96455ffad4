"""One's drafts: what they are for, going on with them, throwing them away."""

import re

from litestar import Response, get, post
from litestar.di import NamedDependency

from forum import drafts
from forum.shapes_drafts import KEY
from pages.forms import BadButton, read_form, text_in
from pages.press import go_to
from pages.routes_members import Study

_KEY = re.compile(KEY)


@get("/drafts", include_in_schema=False)
async def show_drafts(study: NamedDependency[Study]) -> Response[bytes]:
    """All drafts, the latest first."""
    async with study.db.read() as tx:
        found = await drafts.read_drafts(tx, study.actor)
    kept = drafts.KEPT.days
    return study.press.page(study.request, study.actor, "drafts.html", drafts=found.items, kept=kept)


@post("/drafts", include_in_schema=False)
async def drop_draft(study: NamedDependency[Study]) -> Response[bytes]:
    """Throw one away."""
    key = text_in(await read_form(study.request), "drop")
    study.actor.signed_in()
    if not _KEY.match(key):
        raise BadButton
    async with study.db.begin() as tx:
        await drafts.drop_draft(tx, study.actor, key)
    return go_to("/drafts")


routes = [show_drafts, drop_draft]
