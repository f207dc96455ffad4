"""The form with which curators and hosts write titles and descriptions in the languages of the community."""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from msgspec import to_builtins

from boards.shapes import Board
from core.errors import every_refusal
from core.languages.texts import translatable
from core.text import TITLE_LENGTH
from core.translations import TitleTranslation, Translation
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.programme import Session
from gatherings.shapes.rooms import Room
from pages.shell.context import PageContext
from pages.shell.forms import FieldNotAcceptable, Form, Typed, text_in, to_shape
from pages.shell.language_names import name_of_language
from pages.shell.layout import Community


def _typed_translations(translations: Mapping[str, Translation | TitleTranslation]) -> dict[str, list[str]]:
    """Return the values with which the form is filled."""
    typed: dict[str, list[str]] = {}
    for tag, one in translations.items():
        typed |= {f"{name}_{tag}": [text] for name, text in to_builtins(one).items()}
    return typed


def translations_in(
    typed: Typed, stored: Mapping[str, Translation | TitleTranslation], community: Community
) -> dict[str, dict[str, Any]]:
    """Return the translations of a form; those in languages that it does not offer stay as they are.

    A language without a title has no translation. Raises FieldNotAcceptable.
    """
    found: dict[str, dict[str, Any]] = to_builtins(stored)
    with every_refusal() as each:
        for tag in community.languages:
            found.pop(tag, None)
            with each.check():
                if translation := _translation_in(typed, tag):
                    found[tag] = translation
    return found


def _translation_in(typed: Typed, tag: str) -> dict[str, str] | None:
    given = {name: text_in(typed, f"{name}_{tag}").strip() for name in ("title", "description")}
    if not any(given.values()):
        return None
    with every_refusal() as each:
        with each.check():
            if given["title"] and not 3 <= len(given["title"]) <= TITLE_LENGTH:
                raise FieldNotAcceptable(
                    translatable("A title has 3 to %(most)s characters."), field="title", most=TITLE_LENGTH
                )
            if not given["title"]:
                raise FieldNotAcceptable(translatable("Enter something here."), field="title")
        with each.check():
            to_shape(Translation, given)
        for refusal in each.found:
            refusal.field = f"{refusal.field}_{tag}"
    return {name: text for name, text in given.items() if text}


def translations_page(
    context: PageContext, shown: Board | Gathering | Session | Room, address: str, form: Form, status: int
) -> Response[bytes]:
    """Return the page with the form for what is shown at the address. Rooms have a title only."""
    if "version" not in form.typed:
        form.typed = _typed_translations(shown.translations)
    return context.renderer.page(
        context.request,
        context.actor,
        "shell/translations.html",
        status,
        shown=shown,
        address=address,
        form=form,
        has_description=not isinstance(shown, Room),
        offered=[(tag, name_of_language(tag)) for tag in context.renderer.community.languages],
    )
