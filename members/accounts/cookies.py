"""The cookies: of a browser's session, of the language chosen in it, and of the changes of community pages seen in it."""

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


def language_cookie(tag: str, rules: CookieRules) -> Cookie:
    """Return the cookie of the language that was chosen in a browser; it identifies nobody."""
    return Cookie(
        key=LANGUAGE_COOKIE,
        value=tag,
        max_age=_ONE_YEAR,
        path="/",
        secure=rules.is_secure,
        httponly=True,
        samesite="lax",
    )


def seen_pages_cookie(stamp: int, rules: CookieRules) -> Cookie:
    """Return the cookie that says up to which time the changes of community pages were seen; it identifies nobody."""
    return Cookie(
        key=SEEN_PAGES_COOKIE,
        value=str(stamp),
        max_age=_ONE_YEAR,
        path="/",
        secure=rules.is_secure,
        httponly=True,
        samesite="lax",
    )
