"""Templates of reasons: the list, and one in all its languages."""

from typing import Annotated, get_args

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from core.errors import Invalid, Refusal
from core.http import status_of
from members.shapes import EmailLanguage
from moderation.reasons import templates
from moderation.reasons.policy import ensure_can_manage_templates
from moderation.reasons.routes import Key
from moderation.reasons.shapes import TEMPLATE_KEY, Template, TemplateChange
from moderation.shapes import Reason
from pages.moderation.queue_view import SHORT
from pages.shell.context import PageContext
from pages.shell.forms import Form, Typed, number_in, read_form, text_in, to_shape
from pages.shell.language_names import LANGUAGE_NAMES
from pages.shell.renderer import go_to

NewName = Annotated[str | None, QueryParameter(name="new", pattern=TEMPLATE_KEY)]


@get("/reasons", include_in_schema=False)
async def show_templates(context: NamedDependency[PageContext], new: NewName = None) -> Response[bytes]:
    """The reasons that come again, as moderators are offered them; with a new name on to its form."""
    if new is not None:
        return go_to(f"/reasons/{new}")
    async with context.db.read() as tx:
        found = await templates.read_templates(tx, context.actor)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/reason_templates.html",
        templates=found.items,
        languages=LANGUAGE_NAMES,
        short=SHORT,
    )


@get("/reasons/{template:str}", include_in_schema=False)
async def show_template(template: Key, context: NamedDependency[PageContext]) -> Response[bytes]:
    """One of them in its form; of a new name an empty one."""
    ensure_can_manage_templates(context.actor)
    async with context.db.read() as tx:
        current = (await templates.load_templates(tx)).get(template)
    form = Form(typed={"is_offered": ["1"]} if current is None else _typed(current))
    form.version = current.version if current else 0
    return _page(context, template, form)


@post("/reasons/{template:str}", include_in_schema=False)
async def change_template(template: Key, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Let it say something else from now on."""
    ensure_can_manage_templates(context.actor)
    typed = await read_form(context.request)
    form = Form(typed=typed, version=number_in(text_in(typed, "version")) or 0)
    try:
        change = _change(typed)
        async with context.db.begin() as tx:
            await templates.change_template(tx, context.actor, template, change)
    except Refusal as refusal:
        form = form.refuse(refusal)
        form.wrong_field = _field_of(form.wrong_field)
        return _page(context, template, form, status_of(refusal))
    return go_to("/reasons?done=saved")


def _change(typed: Typed) -> TemplateChange:
    texts = {}
    for language in get_args(EmailLanguage):
        facts = {name: text_in(typed, f"{name}_{language}").strip() for name in ("rule", "facts")}
        if any(facts.values()):
            texts[language] = _text(language, facts)
    version = number_in(text_in(typed, "version")) or 0
    return to_shape(
        TemplateChange, {"texts": texts, "is_offered": bool(text_in(typed, "is_offered")), "version": version}
    )


def _text(language: str, facts: dict[str, str]) -> Reason:
    try:
        return to_shape(Reason, facts)
    except Invalid as refusal:
        refusal.field = f"texts.{language}.{refusal.field}"
        raise


def _typed(template: Template) -> dict[str, list[str]]:
    typed = {"is_offered": ["1" if template.is_offered else ""]}
    for language, text in template.texts.items():
        typed |= {f"rule_{language}": [text.rule], f"facts_{language}": [text.facts]}
    return typed


def _field_of(path: str) -> str:
    """`texts.fr.rule` as the form calls it; what is wrong with both stands at the first."""
    _, _, rest = path.partition("texts.")
    language, _, name = rest.partition(".")
    return f"{name or 'rule'}_{language}" if language else path


def _page(context: PageContext, template: str, form: Form, status: int = 200) -> Response[bytes]:
    facts = {"about": template, "name": SHORT.get(template, template)}
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/reason_template.html",
        status,
        form=form,
        languages=LANGUAGE_NAMES,
        **facts,
    )


routes = [show_templates, show_template, change_template]
