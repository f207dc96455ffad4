"""The choice of the language of pages, from the form at the bottom of every page."""

from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from litestar import Response, post
from litestar.di import NamedDependency

from core.errors import Invalid
from core.languages.languages import languages
from core.languages.texts import translatable
from members.accounts.cookies import LANGUAGE_COOKIE, preference_cookie
from members.profiles import profiles
from members.shapes import ProfileChange
from pages.shell.context import PageContext
from pages.shell.forms import read_form, text_in, to_shape
from pages.shell.renderer import AnyRequest, redirect
from pages.shell.urls import safe_next

# Parameters of an address that do not belong to the page: `lang` would outweigh the choice, `done` has been said.
_LEFT_OUT = ("lang", "done")


class LanguageNotAvailable(Invalid):
    """The interface does not speak this language."""

    message = translatable("Pages are not available in this language.")


@post("/language", include_in_schema=False)
async def choose_language(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Store the language in a cookie, and in the profile of a member, and return to the page; raise LanguageNotAvailable."""
    typed = await read_form(context.request)
    tag = text_in(typed, "language")
    if tag not in languages():
        raise LanguageNotAvailable(field="language")
    if context.actor.id is not None:
        change = to_shape(ProfileChange, {"letters_in": tag})
        async with context.db.begin() as tx:
            await profiles.change_profile(tx, context.actor, change, context.taxonomies)
    response = redirect(_page_before(context.request, safe_next(text_in(typed, "next"))))
    response.set_cookie(preference_cookie(LANGUAGE_COOKIE, tag, context.cookies))
    return response


def _page_before(request: AnyRequest, path: str) -> str:
    """Return the address of the page with the form. Its query comes from the browser: the page may be one that is cached
    for all visitors, and shows nobody's query."""
    try:
        before = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return path
    if before.netloc != request.headers.get("host") or unquote(before.path) != path:
        return path
    kept = [(name, value) for name, value in parse_qsl(before.query) if name not in _LEFT_OUT]
    return f"{path}?{urlencode(kept)}" if kept else path


routes = [choose_language]
