"""Drafts in forms: what is kept comes back into the field, and a button keeps it where there is no script to."""

import re
from typing import Annotated

from litestar.params import FromQuery, QueryParameter
from msgspec.structs import replace

from core.actor import Actor
from forum.drafts import drafts
from forum.shapes_drafts import KEY, DraftChange
from pages.shell.forms import Form, Typed, number_in, text_in, to_shape
from storage.database import Reader, Transaction

AskedKey = FromQuery[Annotated[str, QueryParameter(max_length=80)]]

_KEY = re.compile(KEY)


def key_of(name: str, asked: str) -> str:
    """The draft of a form: the one that is asked for, if it is a fork of the form's own, or that one."""
    return asked if asked.partition("~")[0] == name and _KEY.match(asked) else name


async def draft_in(tx: Reader, actor: Actor, form: Form) -> Form:
    """The form with its draft in it, if there is one and nothing else stands there."""
    if actor.id is None or form.value("body"):
        return form
    draft = await drafts.read_draft(tx, actor, form.draft)
    if not draft.body and not draft.title:
        return form
    facts = {"body": draft.body, "title": draft.title, "tags": draft.tags, "kind": draft.kind}
    typed = {name: [value] for name, value in facts.items() if value}
    return replace(form, typed={**form.typed, **typed, "sequence": [str(draft.sequence)]})


async def keep_draft(tx: Transaction, actor: Actor, name: str, typed: Typed) -> None:
    """Keep what stands in a form. A form that does not know of the draft that is there makes a fork beside it."""
    key = key_of(name, text_in(typed, "draft"))
    now = await drafts.read_draft(tx, actor, key)
    known = number_in(text_in(typed, "sequence")) or (0 if now.body or now.title else now.sequence)
    facts = {field: text_in(typed, field) for field in ("body", "title", "tags", "kind")}
    owner = text_in(typed, "key")[:60] or "form"
    change = to_shape(DraftChange, {**facts, "sequence": known, "owner": owner})
    await drafts.save_draft(tx, actor, key, change)
