"""Drafts in forms: filling a form from the member's draft, and saving the draft with a button."""

import re
from typing import Annotated

from litestar import Response
from litestar.params import FromQuery, QueryParameter
from msgspec.structs import replace

from core.actor import Actor
from forum.drafts import drafts
from forum.shapes_drafts import KEY, DraftChange
from pages.shell.context import PageContext
from pages.shell.forms import Form, Typed, number_in, text_in, to_shape
from pages.shell.renderer import redirect
from storage.database import Reader, Transaction

AskedKey = FromQuery[Annotated[str, QueryParameter(max_length=80)]]

_KEY = re.compile(KEY)
_FIELDS = ("body", "title", "tags", "kind", "language")


def key_of(name: str, asked: str) -> str:
    """Return the key of the form's draft: the key in the URL if it is a fork of the form's own draft, otherwise `name`."""
    return asked if asked.partition("~")[0] == name and _KEY.match(asked) else name


async def draft_in(tx: Reader, actor: Actor, form: Form) -> Form:
    """Return the form filled from the member's draft, unless the form has text already or there is no draft."""
    if actor.id is None or form.value("body"):
        return form
    draft = await drafts.read_draft(tx, actor, form.draft)
    if not draft.body and not draft.title:
        return form
    facts = {name: getattr(draft, name) for name in _FIELDS}
    typed = {name: [value] for name, value in facts.items() if value}
    return replace(form, typed={**form.typed, **typed, "sequence": [str(draft.sequence)]})


async def save_draft(tx: Transaction, actor: Actor, name: str, typed: Typed) -> None:
    """Save the values of a form as a draft. If the form does not know the current draft, the values become a fork of it."""
    key = key_of(name, text_in(typed, "draft"))
    now = await drafts.read_draft(tx, actor, key)
    known = number_in(text_in(typed, "sequence")) or (0 if now.body or now.title else now.sequence)
    facts = {field: text_in(typed, field) for field in _FIELDS}
    owner = text_in(typed, "key")[:60] or "form"
    change = to_shape(DraftChange, {**facts, "sequence": known, "owner": owner})
    await drafts.save_draft(tx, actor, key, change)


async def save_draft_in(context: PageContext, name: str, typed: Typed) -> Response[bytes]:
    """Save the values of a form as a draft, and redirect to the list of drafts."""
    async with context.db.begin() as tx:
        await save_draft(tx, context.actor, name, typed)
    return redirect("/drafts", done="kept")
