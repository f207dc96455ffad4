"""A page with one short form that was refused: with what was typed, what is wrong with it, and the way back."""

from collections.abc import Sequence
from functools import partial

from litestar import Response
from msgspec import Struct

from core.languages.texts import gettext, translatable
from pages.shell.context import PageContext
from pages.shell.forms import Form, FormAction, submit

# Refusals of what nobody can type differently: the error page shows them.
_LET_THROUGH = (400, 401, 403, 404)
_HEADING = translatable("Something needs to be corrected")


class TextField(Struct, frozen=True):
    """A text field of the form: its name, its label, how many lines it has, and the greatest length."""

    name: str
    label: str
    rows: int = 1
    maxlength: int = 300


async def submit_or_correct(
    context: PageContext, form: Form, action: FormAction, fields: Sequence[TextField], verb: str, back: str
) -> Response[bytes]:
    """Run the action of a form and return its response. If it is refused, return a page with these fields, so that what
    was typed can be corrected and sent again. All other values of the form, such as its button, are sent as they were."""
    shown = [field for field in fields if field.name in form.typed]
    if not shown:
        return await action(form)
    page = partial(_page, context, shown, verb, back)
    return await submit(form, action, page, _LET_THROUGH)


async def _page(
    context: PageContext, fields: Sequence[TextField], verb: str, back: str, form: Form, status: int
) -> Response[bytes]:
    names = {field.name for field in fields}
    return context.renderer.page(
        context.request,
        context.actor,
        "shell/correct.html",
        status,
        heading=gettext(_HEADING),
        action=context.request.url.path,
        form=form,
        fields=fields,
        others=[
            (name, value) for name, values in form.typed.items() if name not in names for value in values
        ],
        verb=verb,
        back=back,
    )
