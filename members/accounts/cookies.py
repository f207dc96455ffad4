"""The cookies: of a browser's session, and of what was chosen or seen in it."""

from litestar.datastructures import Cookie
from msgspec import Struct

NAME = "tertulia"
MAX_AGE = 90 * 24 * 3600
LANGUAGE_COOKIE = "language"
SEEN_PAGES_COOKIE = "seen_pages"
_ONE_YEAR = 365 * 24 * 3600


class CookieRules(Struct, frozen=True):
    """The settings of cookies: `is_secure` restricts them to https."""

    is_secure: bool


def cookie_name(is_secure: bool) -> str:
    """Return the cookie's name; with https it has the `__Host-` prefix, so that no other host or path can set it."""
    return f"__Host-{NAME}" if is_secure else NAME


def session_cookie(token: str, rules: CookieRules) -> Cookie:
    """Return the cookie of a session, which scripts cannot read and other sites' forms do not send."""
    return Cookie(
        key=cookie_name(rules.is_secure),
        value=token,
        max_age=MAX_AGE,
        path="/",
        httponly=True,
        secure=rules.is_secure,
        samesite="lax",
    )


def expired_cookie(rules: CookieRules) -> Cookie:
    """Return a cookie that deletes the session's cookie."""
    return Cookie(
        key=cookie_name(rules.is_secure),
        value="",
        max_age=0,
        path="/",
        httponly=True,
        secure=rules.is_secure,
        samesite="lax",
    )


def preference_cookie(name: str, value: str, rules: CookieRules) -> Cookie:
    """Return a cookie of what was chosen or seen in a browser; it identifies nobody.
    Without a value it deletes the cookie."""
    return Cookie(
        key=name,
        value=value,
        max_age=_ONE_YEAR if value else 0,
        path="/",
        secure=rules.is_secure,
        httponly=True,
        samesite="lax",
    )
