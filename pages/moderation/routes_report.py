"""The form with which anyone, signed in or not, reports content, and the status page of a report."""

from functools import partial
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter, QueryParameter
from msgspec import structs

from core.errors import every_refusal
from members.emails.translations import language_for
from moderation.appeals import appeals
from moderation.appeals.shapes import NewAppeal
from moderation.flags import reports
from moderation.flags.shapes import ADDRESS_LENGTH, REFERENCE_LENGTH, NewReport
from pages.moderation.labels import action_labels, reason_labels
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, Typed, form_of, submit, text_in, to_shape
from pages.shell.renderer import redirect

# Illegal content comes first on this form.
_REASON_ORDER = (
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
async def show_report_form(
    context: NamedDependency[PageContext], about: About = "", whole: FromQuery[bool] = False
) -> Response[bytes]:
    """Show the form, with the address of the content from which the visitor came."""
    # Links have only the path; the Digital Services Act (Article 16) asks for the exact address.
    address = f"{context.db.site}{about}" if about.startswith("/") else about
    return await _form_page(context, Form(typed={"address": [address], "whole": ["1"] if whole else []}))


@post("/report", include_in_schema=False)
async def send_report(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Send a report; the form needs no idempotency key, since a repeated report is recognized as the same one."""

    async def send(form: Form) -> Response[bytes]:
        language = language_for(context.request.headers.get("accept-language", ""))
        given = _report_in(form.typed)
        with every_refusal() as each:
            with each.check():
                if not given["good_faith"]:
                    raise reports.GoodFaithMissing(field="good_faith")
            new = structs.replace(to_shape(NewReport, given), letters_in=language)
        async with context.db.begin() as tx:
            reference = (await reports.send_report(tx, context.actor, new)).reference
        return redirect(f"/report/{reference}?sent=true")

    return await submit(await form_of(context), send, partial(_form_page, context), NO_STATUS)


@post("/report/{reference:str}/appeal", include_in_schema=False)
async def appeal_report(reference: Reference, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Appeal the decision about a report."""

    async def appeal(form: Form) -> Response[bytes]:
        new = to_shape(NewAppeal, {"body": text_in(form.typed, "body")})
        async with context.db.begin() as tx:
            await appeals.appeal_report(tx, reference, new)
        return redirect(f"/report/{reference}?appealed=true")

    return await submit(await form_of(context), appeal, partial(_status_page, context, reference))


@get("/report/{reference:str}", include_in_schema=False)
async def show_report(
    reference: Reference,
    context: NamedDependency[PageContext],
    sent: FromQuery[bool] = False,
    appealed: FromQuery[bool] = False,
) -> Response[bytes]:
    """Show the status of a report; raise NotFound."""
    done = "sent" if sent else "appealed" if appealed else ""
    return await _status_page(context, reference, Form(), done=done)


async def _status_page(
    context: PageContext, reference: str, form: Form, status: int = 200, done: str = ""
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
        done=done,
        reasons=reason_labels(),
        actions=action_labels(),
    )


def _report_in(typed: Typed) -> dict[str, object]:
    given = {name: text_in(typed, name).strip() for name in ("address", "reason", "why", "name", "email")}
    facts: dict[str, object] = {
        name: value for name, value in given.items() if value or name not in ("name", "email")
    }
    return facts | {name: bool(text_in(typed, name)) for name in ("good_faith", "whole")}


async def _form_page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    reasons = reason_labels()
    options = [(reason, reasons[reason]) for reason in _REASON_ORDER]
    return context.renderer.page(
        context.request, context.actor, "moderation/report_form.html", status, form=form, options=options
    )


routes = [show_report_form, send_report, show_report, appeal_report]
