"""Where anyone reports what is illegal or against the rules, and sees what became of it."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter, QueryParameter
from msgspec import structs

from core.errors import NotFound, Refusal
from core.http import status_of
from members.words import language_for
from moderation import appeals, reports
from moderation.shapes_appeals import NewAppeal
from moderation.shapes_reports import ADDRESS_LENGTH, REFERENCE_LENGTH, NewReport
from pages.forms import Form, Typed, read_form, text_in, to_shape
from pages.press import go_to
from pages.queue_view import ACTIONS, REASONS
from pages.routes_posts import Desk

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
    desk: NamedDependency[Desk], about: About = "", whole: FromQuery[bool] = False
) -> Response[bytes]:
    """The form, with the address that one comes from."""
    # Links of ours carry the path alone; what stands in the form is what the law asks for: the exact address.
    address = f"{desk.db.site}{about}" if about.startswith("/") else about
    return _page(desk, Form(typed={"address": [address], "whole": ["1"] if whole else []}))


@post("/report", include_in_schema=False)
async def send(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Report something."""
    typed = await read_form(desk.request)
    try:
        suggested = language_for(desk.request.headers.get("accept-language", ""))
        new = structs.replace(to_shape(NewReport, _facts(typed)), letters_in=suggested)
        # Sent twice it is the same report: that needs no key of the form's.
        async with desk.db.begin() as tx:
            reference = (await reports.send_report(tx, desk.actor, new)).reference
    except Refusal as refusal:
        return _page(desk, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/report/{reference}?sent=true")


@post("/report/{reference:str}/appeal", include_in_schema=False)
async def appeal(reference: Reference, desk: NamedDependency[Desk]) -> Response[bytes]:
    """Ask for another moderator to look at what was left."""
    typed = await read_form(desk.request)
    try:
        new = to_shape(NewAppeal, {"body": text_in(typed, "body")})
        async with desk.db.begin() as tx:
            await appeals.appeal_report(tx, reference, new)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _receipt(desk, reference, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/report/{reference}?appealed=true")


@get("/report/{reference:str}", include_in_schema=False)
async def show_report(
    reference: Reference,
    desk: NamedDependency[Desk],
    sent: FromQuery[bool] = False,
    appealed: FromQuery[bool] = False,
) -> Response[bytes]:
    """The receipt of a report, and what became of it."""
    said = "sent" if sent else "appealed" if appealed else ""
    return await _receipt(desk, reference, Form(), said=said)


async def _receipt(
    desk: Desk, reference: str, form: Form, status: int = 200, said: str = ""
) -> Response[bytes]:
    async with desk.db.read() as tx:
        shown = await reports.show_report(tx, reference)
    return desk.press.page(
        desk.request,
        desk.actor,
        "report_sent.html",
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


def _page(desk: Desk, form: Form, status: int = 200) -> Response[bytes]:
    options = [(reason, REASONS[reason]) for reason in _ORDER]
    return desk.press.page(desk.request, desk.actor, "report_form.html", status, form=form, options=options)


routes = [show_form, send, show_report, appeal]
