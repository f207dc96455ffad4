"""Statements of reasons, appeals against them, and what moderators answer."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from members.emails.translations import translations_for
from moderation.appeals import appeals, statements
from moderation.appeals.shapes import NewAnswer, NewAppeal
from pages.moderation.queue_view import ACTIONS
from pages.shell.context import PageContext
from pages.shell.forms import Form, read_form, text_in, to_shape
from pages.shell.renderer import go_to, safe


@get("/decisions/{decision_id:int}", include_in_schema=False)
async def show_statement(
    decision_id: PathId, context: NamedDependency[PageContext], sent: FromQuery[bool] = False
) -> Response[bytes]:
    """Why something was decided, and the form to appeal."""
    return await _statement_page(context, decision_id, Form(), is_sent=sent)


@post("/decisions/{decision_id:int}/appeal", include_in_schema=False)
async def make_appeal(decision_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Ask for another moderator."""
    typed = await read_form(context.request)
    try:
        new = to_shape(NewAppeal, {"body": text_in(typed, "body")})
        async with context.db.begin() as tx:
            await appeals.make_appeal(tx, context.actor, decision_id, new)
    except NotFound:
        raise
    except Refusal as refusal:
        context.actor.signed_in()
        return await _statement_page(
            context, decision_id, Form(typed=typed).refuse(refusal), status_of(refusal)
        )
    return go_to(f"/decisions/{decision_id}?sent=true")


@get("/queue/appeals", include_in_schema=False)
async def show_appeals(context: NamedDependency[PageContext]) -> Response[bytes]:
    """The appeals that wait for an answer."""
    return await _appeals_page(context, Form(), None)


@post("/queue/appeals/{appeal_id:int}", include_in_schema=False)
async def answer_appeal(appeal_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Answer an appeal."""
    typed = await read_form(context.request)
    try:
        new = to_shape(
            NewAnswer, {"outcome": text_in(typed, "outcome"), "answer": text_in(typed, "answer").strip()}
        )
        async with context.db.begin() as tx:
            await appeals.answer_appeal(tx, context.actor, appeal_id, new)
    except NotFound:
        raise
    except Refusal as refusal:
        context.actor.signed_in()
        return await _appeals_page(context, Form(typed=typed).refuse(refusal), appeal_id, status_of(refusal))
    return go_to("/queue/appeals")


async def _statement_page(
    context: PageContext, decision_id: int, form: Form, status: int = 200, is_sent: bool = False
) -> Response[bytes]:
    async with context.db.read() as tx:
        shown = await statements.show_statement(
            tx, context.actor, decision_id, context.renderer.community.languages[0]
        )
    facts = {
        "words": translations_for(shown.language),
        "shown": shown,
        "form": form,
        "is_sent": is_sent,
        "actions": ACTIONS,
        "safe": safe,
    }
    return context.renderer.page(context.request, context.actor, "moderation/statement.html", status, **facts)


async def _appeals_page(
    context: PageContext, form: Form, answering: int | None, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        page = await appeals.read_appeals(tx, context.actor)
    facts = {"items": page.items, "form": form, "answering": answering, "actions": ACTIONS}
    return context.renderer.page(context.request, context.actor, "moderation/appeals.html", status, **facts)


routes = [show_statement, make_appeal, show_appeals, answer_appeal]
