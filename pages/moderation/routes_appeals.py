"""Statements of reasons, appeals against decisions, and the answers of moderators."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.http import PathId
from members.emails.translations import translations_for
from moderation.appeals import appeals, statements
from moderation.appeals.shapes import NewAnswer, NewAppeal
from pages.moderation.labels import action_labels
from pages.shell.context import PageContext
from pages.shell.forms import Form, form_of, submit, text_in, to_shape
from pages.shell.renderer import redirect, safe


@get("/decisions/{decision_id:int}", include_in_schema=False)
async def show_statement(
    decision_id: PathId, context: NamedDependency[PageContext], sent: FromQuery[bool] = False
) -> Response[bytes]:
    """Show the statement of reasons of a decision, with the form to appeal; raise NotFound."""
    return await _statement_page(context, decision_id, Form(), is_sent=sent)


@post("/decisions/{decision_id:int}/appeal", include_in_schema=False)
async def make_appeal(decision_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Appeal a decision."""
    context.actor.signed_in()

    async def appeal(form: Form) -> Response[bytes]:
        new = to_shape(NewAppeal, {"body": text_in(form.typed, "body")})
        async with context.db.begin() as tx:
            await appeals.make_appeal(tx, context.actor, decision_id, new)
        return redirect(f"/decisions/{decision_id}?sent=true")

    return await submit(await form_of(context), appeal, partial(_statement_page, context, decision_id))


@get("/queue/appeals", include_in_schema=False)
async def show_appeals(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the appeals that wait for an answer."""
    return await _appeals_page(context, None, Form())


@post("/queue/appeals/{appeal_id:int}", include_in_schema=False)
async def answer_appeal(appeal_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Answer an appeal."""

    async def answer(form: Form) -> Response[bytes]:
        text = text_in(form.typed, "answer").strip()
        new = to_shape(NewAnswer, {"outcome": text_in(form.typed, "outcome"), "answer": text})
        async with context.db.begin() as tx:
            await appeals.answer_appeal(tx, context.actor, appeal_id, new)
        return redirect("/queue/appeals")

    return await submit(await form_of(context), answer, partial(_appeals_page, context, appeal_id))


async def _statement_page(
    context: PageContext, decision_id: int, form: Form, status: int = 200, is_sent: bool = False
) -> Response[bytes]:
    async with context.db.read() as tx:
        shown = await statements.show_statement(tx, context.actor, decision_id)
    facts = {
        "words": translations_for(shown.language),
        "shown": shown,
        "form": form,
        "is_sent": is_sent,
        "actions": action_labels(),
        "safe": safe,
    }
    return context.renderer.page(context.request, context.actor, "moderation/statement.html", status, **facts)


async def _appeals_page(
    context: PageContext, answering: int | None, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        page = await appeals.read_appeals(tx, context.actor)
    facts = {"items": page.items, "form": form, "answering": answering, "actions": action_labels()}
    return context.renderer.page(context.request, context.actor, "moderation/appeals.html", status, **facts)


routes = [show_statement, make_appeal, show_appeals, answer_appeal]
