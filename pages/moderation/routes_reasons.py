"""Reason templates: the list, and the form of one template in all its languages."""

from functools import partial
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from core.errors import Invalid, every_refusal
from members.emails.translations import LANGUAGES
from moderation.reasons import templates
from moderation.reasons.policy import ensure_can_manage_templates
from moderation.reasons.routes import Key
from moderation.reasons.shapes import TEMPLATE_KEY, Template, TemplateChange
from moderation.shapes import Reason
from pages.moderation.labels import short_reason_labels
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, Typed, form_of, number_in, submit, text_in, to_shape
from pages.shell.language_names import LANGUAGE_NAMES
from pages.shell.renderer import redirect

NewName = Annotated[str | None, QueryParameter(name="new", pattern=TEMPLATE_KEY)]


@get("/reasons", include_in_schema=False)
async def show_templates(context: NamedDependency[PageContext], new: NewName = None) -> Response[bytes]:
    """Show the reason templates; with a new name, redirect to its form."""
    if new is not None:
        return redirect(f"/reasons/{new}")
    async with context.db.read() as tx:
        found = await templates.read_templates(tx, context.actor)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/reason_templates.html",
        templates=found.items,
        languages=LANGUAGE_NAMES,
        short=short_reason_labels(),
    )


@get("/reasons/{template:str}", include_in_schema=False)
async def show_template(template: Key, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form of a reason template; the form is empty for a new one."""
    ensure_can_manage_templates(context.actor)
    async with context.db.read() as tx:
        current = (await templates.load_templates(tx)).get(template)
    form = Form(typed={"is_offered": ["1"]} if current is None else _typed_of(current))
    form.version = current.version if current else 0
    return await _page(context, template, form)


@post("/reasons/{template:str}", include_in_schema=False)
async def change_template(template: Key, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save a reason template."""
    ensure_can_manage_templates(context.actor)

    async def change(form: Form) -> Response[bytes]:
        new = _change_in(form.typed)
        async with context.db.begin() as tx:
            await templates.change_template(tx, context.actor, template, new)
        return redirect("/reasons?done=saved")

    form = await form_of(context)
    form.version = number_in(form.value("version")) or 0
    for language in LANGUAGES:
        # What is wrong with a whole text belongs to its first field.
        form.names |= {f"texts.{language}": f"rule_{language}", f"texts.{language}.rule": f"rule_{language}"}
        form.names[f"texts.{language}.facts"] = f"facts_{language}"
    return await submit(form, change, partial(_page, context, template), NO_STATUS)


def _change_in(typed: Typed) -> TemplateChange:
    texts = {}
    version = number_in(text_in(typed, "version")) or 0
    with every_refusal() as each:
        for language in LANGUAGES:
            facts = {name: text_in(typed, f"{name}_{language}").strip() for name in ("rule", "facts")}
            if any(facts.values()):
                with each.check():
                    texts[language] = _reason_in(language, facts)
    return to_shape(
        TemplateChange, {"texts": texts, "is_offered": bool(text_in(typed, "is_offered")), "version": version}
    )


def _reason_in(language: str, facts: dict[str, str]) -> Reason:
    try:
        return to_shape(Reason, facts)
    except Invalid as refusal:
        for each in refusal.every:
            each.field = f"texts.{language}.{each.field}"
        raise


def _typed_of(template: Template) -> dict[str, list[str]]:
    typed = {"is_offered": ["1" if template.is_offered else ""]}
    for language, text in template.texts.items():
        typed |= {f"rule_{language}": [text.rule], f"facts_{language}": [text.facts]}
    return typed


async def _page(context: PageContext, template: str, form: Form, status: int = 200) -> Response[bytes]:
    facts = {"about": template, "name": short_reason_labels().get(template, template)}
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
