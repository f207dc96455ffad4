"""The page on which members delete their account: what goes, what stays and why, and the choices."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import Collector, every_refusal
from core.languages.texts import translatable
from members.accounts import credentials
from members.accounts.erasure_requests import (
    KINDS,
    ErasureChoices,
    cancel_erasure,
    find_erasure,
    request_erasure,
)
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, FieldNotAcceptable, Form, form_of, submit, text_in
from pages.shell.renderer import redirect
from personal_data.preview import preview_erasure


@get("/settings/deletion", include_in_schema=False)
async def show_deletion(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show what deleting the account would do, or when it will be deleted."""
    return await _page(context, Form())


@post("/settings/deletion", include_in_schema=False)
async def delete_account(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Ask to delete the account after the waiting time."""
    context.actor.signed_in()

    async def request(form: Form) -> Response[bytes]:
        with every_refusal() as each:
            choices = _choices_in(form, each)
            await credentials.reauthenticate(
                context.db, context.actor, text_in(form.typed, "own_password"), "own_password"
            )
        async with context.db.begin() as tx:
            await request_erasure(tx, context.actor, choices)
        return redirect("/settings/deletion", done="deletion")

    return await submit(await form_of(context), request, partial(_page, context), NO_STATUS)


@post("/settings/deletion/cancel", include_in_schema=False)
async def keep_account(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Keep the account."""
    async with context.db.begin() as tx:
        await cancel_erasure(tx, context.actor)
    return redirect("/settings", done="account-kept")


def _choices_in(form: Form, each: Collector) -> ErasureChoices:
    chosen = {kind: text_in(form.typed, kind) for kind in KINDS}
    for kind, choice in chosen.items():
        with each.check():
            if choice not in ("delete", "keep"):
                raise FieldNotAcceptable(translatable("Choose what becomes of your texts."), field=kind)
    return ErasureChoices(**chosen)  # type: ignore[arg-type]  # just checked


async def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    member = context.actor.signed_in()
    async with context.db.read() as tx:
        pending = await find_erasure(tx, member)
        preview = await preview_erasure(tx, member)
    if pending is not None and not form.typed:
        form.typed = {kind: [getattr(pending, kind)] for kind in KINDS}
    return context.renderer.page(
        context.request,
        context.actor,
        "members/deletion.html",
        status,
        form=form,
        pending=pending,
        preview=preview,
    )


routes = [show_deletion, delete_account, keep_account]
