"""The cookie in which a browser keeps its session's token."""

from typing import Any

from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from msgspec import Struct

NAME = "tertulia"
LIFE = 90 * 24 * 3600


class CookieRules(Struct, frozen=True):
    """How cookies are set here: only for https where people reach the service by https."""

    is_secure: bool


def provide_cookie_rules(settings: NamedDependency[Any]) -> CookieRules:
    """The rules that follow from the settings, of which this floor knows only whether they say https."""
    return CookieRules(bool(settings.is_secure))


def cookie_name(is_secure: bool) -> str:
    """The cookie's name; with https the one that browsers let no other host and no other path set."""
    return f"__Host-{NAME}" if is_secure else NAME


def session_cookie(token: str, rules: CookieRules) -> Cookie:
    """The cookie of a session: out of reach for scripts, and not sent along by other sites' forms."""
    return Cookie(
        key=cookie_name(rules.is_secure),
        value=token,
        max_age=LIFE,
        path="/",
        httponly=True,
        secure=rules.is_secure,
        samesite="lax",
    )


def expired_cookie(rules: CookieRules) -> Cookie:
    """The cookie that takes the session's away."""
    return Cookie(
        key=cookie_name(rules.is_secure),
        value="",
        max_age=0,
        path="/",
        httponly=True,
        secure=rules.is_secure,
        samesite="lax",
    )
