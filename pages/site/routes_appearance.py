"""The choice of the appearance of pages, which is for one browser: light or dark, the size of text, the density of posts."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import Invalid
from core.languages.texts import gettext, translatable
from members.accounts.cookies import preference_cookie
from pages.shell.appearance.appearance import COOKIE, DENSITIES, SIZES, THEMES, Appearance
from pages.shell.context import PageContext
from pages.shell.forms import read_form, text_in
from pages.shell.renderer import appearance_in, redirect
from pages.shell.urls import safe_next


class AppearanceNotAvailable(Invalid):
    """There is no such theme, size of text or density of posts."""

    message = translatable("Pages cannot look like this. Choose a theme and a size of text.")


@get("/appearance", include_in_schema=False)
async def show_appearance(context: NamedDependency[PageContext]) -> Response[bytes]:
    """The form that chooses the appearance; `next` in the address is the page to return to."""
    return context.renderer.page(
        context.request,
        context.actor,
        "site/appearance.html",
        chosen=appearance_in(context.request),
        themes={theme: gettext(word) for theme, word in THEMES.items()},
        densities={density: gettext(word) for density, word in DENSITIES.items()},
        sizes={size: gettext(word) for size, word in SIZES.items()},
        onward=safe_next(context.request.query_params.get("next", "/")),
    )


@post("/appearance", include_in_schema=False)
async def choose_appearance(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Store the appearance in a cookie and return to the page before; raise AppearanceNotAvailable."""
    typed = await read_form(context.request)
    theme, size, density = (text_in(typed, name) for name in ("theme", "size", "density"))
    if theme not in THEMES or size not in SIZES:
        raise AppearanceNotAvailable(field="size" if theme in THEMES else "theme")
    if density and density not in DENSITIES:
        raise AppearanceNotAvailable(field="density")
    response = redirect(safe_next(text_in(typed, "next")))
    response.set_cookie(
        preference_cookie(COOKIE, Appearance(theme, size, density or "roomy").code, context.cookies)
    )
    return response


routes = [show_appearance, choose_appearance]
