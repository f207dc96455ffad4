"""Amounts with a unit: a percent sign, a currency sign such as € and US$, or a code of three letters (ISO 4217, through
Babel)."""

import re
from functools import cache

from babel.core import get_global

_SIGN = r"[A-Z]{0,3}[$¢£¤¥֏؋৲৳฿៛₠-⃀﷼﹩＄￠￡￥￦]|R\$|Fr\.|Rs\.?|kr\.?|zł|[A-Z]{3}"
_BEFORE = re.compile(rf"([-+−(]?)\s?({_SIGN})\s?([-−(]?\d.*)")
PERCENT = "%"
_PERCENT_SIGN = re.compile(r"[%٪％]")
_AFTER = re.compile(rf"(.*[\d)])\s?({_SIGN})([-−)]?)")


def split_unit(text: str) -> tuple[str, str]:
    """Return the amount of a text without its unit, and the unit: the currency as it is written, `%`, or nothing.

    The percent sign is after the amount, or before it as in Turkish and Basque (Unicode CLDR).
    """
    plain = text.strip()
    if len(plain) <= 40 and (found := _PERCENT_SIGN.search(plain)) and found.span()[0] in (0, len(plain) - 1):
        return plain[: found.start()] + plain[found.end() :], PERCENT
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
