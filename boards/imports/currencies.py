"""Amounts with a currency: signs such as € and US$, and codes of three letters (ISO 4217, through Babel)."""

import re
from functools import cache

from babel.core import get_global

_SIGN = r"[A-Z]{0,3}[$¢£¤¥֏؋৲৳฿៛₠-⃀﷼﹩＄￠￡￥￦]|R\$|Fr\.|Rs\.?|kr\.?|zł|[A-Z]{3}"
_BEFORE = re.compile(rf"([-+−(]?)\s?({_SIGN})\s?([-−(]?\d.*)")
_AFTER = re.compile(rf"(.*[\d)])\s?({_SIGN})([-−)]?)")


def split_currency(text: str) -> tuple[str, str]:
    """Return the amount of a text without its currency, and the currency as it is written, or nothing."""
    plain = text.strip()
    if len(plain) > 40 or plain.isdigit():
        return text, ""
    if (found := _BEFORE.fullmatch(plain)) and _is_currency(found[2]):
        return found[1] + found[3], found[2]
    if (found := _AFTER.fullmatch(plain)) and _is_currency(found[2]):
        return found[1] + found[3], found[2]
    return text, ""


def _is_currency(found: str) -> bool:
    return (
        not (len(found) == 3 and found.isascii() and found.isalpha() and found.isupper()) or found in _codes()
    )


@cache
def _codes() -> frozenset[str]:
    return frozenset(get_global("all_currencies"))
