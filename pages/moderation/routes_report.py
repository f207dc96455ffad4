"""Where anyone reports what is illegal or against the rules, and sees what became of it."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter, QueryParameter
from msgspec import structs

from core.errors import NotFound, Refusal
from core.http import status_of
from members.emails.translations import language_for
from moderation.appeals import appeals
from moderation.appeals.shapes import NewAppeal
from moderation.flags import reports
from moderation.flags.shapes import ADDRESS_LENGTH, REFERENCE_LENGTH, NewReport
from pages.moderation.queue_view import ACTIONS, REASONS
from pages.shell.context import PageContext
from pages.shell.forms import Form, Typed, read_form, text_in, to_shape
from pages.shell.renderer import go_to

# The law comes first here: who only dislikes something can say so to its author.
_ORDER = (
    "illegal",
    "danger",
    "child_abuse",
    "private",
    "abusive",
    "misleading",
    "spam",
    "off_topic",
    "other",
)

About = Annotated[str, QueryParameter(max_length=ADDRESS_LENGTH)]
Reference = Annotated[str, PathParameter(max_length=REFERENCE_LENGTH)]


@get("/report", include_in_schema=False)
async def show_form(
    context: NamedDependency[PageContext], about: About = "", whole: FromQuery[bool] = False
) -> Response[bytes]:
    """The form, with the address that one comes from."""
    # Links of ours carry the path alone; what stands in the form is what the law asks for: the exact address.
    address = f"{context.db.site}{about}" if about.startswith("/") else about
    return _page(context, Form(typed={"address": [address], "whole": ["1"] if whole else []}))


@post("/report", include_in_schema=False)
async def send(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Report something."""
    typed = await read_form(context.request)
    try:
        suggested = language_for(context.request.headers.get("accept-language", ""))
        new = structs.replace(to_shape(NewReport, _facts(typed)), letters_in=suggested)
        # Sent twice it is the same report: that needs no key of the form's.
        async with context.db.begin() as tx:
            reference = (await reports.send_report(tx, context.actor, new)).reference
    except Refusal as refusal:
        return _page(context, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/report/{reference}?sent=true")


@post("/report/{reference:str}/appeal", include_in_schema=False)
async def appeal(reference: Reference, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Ask for another moderator to look at what was left."""
    typed = await read_form(context.request)
    try:
        new = to_shape(NewAppeal, {"body": text_in(typed, "body")})
        async with context.db.begin() as tx:
            await appeals.appeal_report(tx, reference, new)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _receipt(context, reference, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/report/{reference}?appealed=true")


@get("/report/{reference:str}", include_in_schema=False)
async def show_report(
    reference: Reference,
    context: NamedDependency[PageContext],
    sent: FromQuery[bool] = False,
    appealed: FromQuery[bool] = False,
) -> Response[bytes]:
    """The receipt of a report, and what became of it."""
    said = "sent" if sent else "appealed" if appealed else ""
    return await _receipt(context, reference, Form(), said=said)


async def _receipt(
    context: PageContext, reference: str, form: Form, status: int = 200, said: str = ""
) -> Response[bytes]:
    async with context.db.read() as tx:
        shown = await reports.show_report(tx, reference)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/report_sent.html",
        status,
        form=form,
        shown=shown,
        said=said,
        reasons=REASONS,
        actions=ACTIONS,
    )


def _facts(typed: Typed) -> dict[str, object]:
    given = {name: text_in(typed, name).strip() for name in ("address", "reason", "why", "name", "email")}
    facts: dict[str, object] = {
        name: value for name, value in given.items() if value or name not in ("name", "email")
    }
    return facts | {name: bool(text_in(typed, name)) for name in ("good_faith", "whole")}


def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    options = [(reason, REASONS[reason]) for reason in _ORDER]
    return context.renderer.page(
        context.request, context.actor, "moderation/report_form.html", status, form=form, options=options
    )


routes = [show_form, send, show_report, appeal]
