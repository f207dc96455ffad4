"""The texts of e-mails, found by key, in the language of whoever gets them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from msgspec import Struct

from core.languages.languages import TAGS, Language, all_languages
from core.languages.negotiation import preferred_of
from members.shapes import EmailLanguage

DEFAULT: EmailLanguage = "en"
LANGUAGES: tuple[EmailLanguage, ...] = TAGS
# The English texts by key, and the context under which catalogues have their translations.
EMAILS = Path(__file__).parents[1] / "data" / "emails.toml"
CONTEXT = "e-mail"

_EXTRA_BLANK_LINES = re.compile(r"\n{3,}")


class Translations(Struct, frozen=True):
    """The texts of e-mails in one language, and how it writes dates and names of languages."""

    language: EmailLanguage
    spoken: Language

    @property
    def locale(self) -> Locale:
        """The locale of the language in CLDR."""
        return self.spoken.locale

    def translate(self, key: str, **facts: object) -> str:
        """Return a text with its placeholders filled in; facts are never parsed as templates."""
        text = self.spoken.translations.pgettext(CONTEXT, _english()[key])
        return _EXTRA_BLANK_LINES.sub("\n\n", text % facts).strip()

    def has(self, key: str) -> bool:
        """Return whether there is a text with this key."""
        return key in _english()

    def translate_plural(self, key: str, count: int, **facts: object) -> str:
        """Return a text in the plural form of the language for this count."""
        one, other = _english()[f"{key}.one"], _english()[f"{key}.other"]
        text = self.spoken.translations.npgettext(CONTEXT, one, other, count)
        return text % {"count": count, **facts}

    def date(self, at: datetime, zone: tzinfo = UTC) -> str:
        """Return a date in long format."""
        return str(format_date(at.astimezone(zone), "long", locale=self.locale))

    def moment(self, at: datetime, zone: str = "UTC") -> str:
        """Return a date and time with the name of its time zone."""
        there = ZoneInfo(zone)
        # Hours of the day count to 24, as on pages.
        time = format_skeleton("Hm", at, tzinfo=there, locale=self.locale)
        return self.translate("moment", date=self.date(at, there), time=time, zone=zone)

    def reason_text(self, because: Mapping[str, Any]) -> str:
        """Return the text for the reason of a notification."""
        code = f"reasons.{because['code']}"
        facts = {
            "name": because.get("name") or self.translate("somebody"),
            "title": because.get("title") or "",
        }
        if "count" in because:
            return self.translate_plural(code, because["count"], **facts)
        return self.translate(code if self.has(code) else "reasons.follows", **facts)

    def language_name(self, language: str) -> str:
        """Return the name of another language in this language."""
        return str(self.locale.languages.get(language, language))


@cache
def translations_for(language: str | None) -> Translations:
    """Return the texts of e-mails in a language, or in English if the language is unknown."""
    known: EmailLanguage = next((one for one in LANGUAGES if one == language), DEFAULT)
    return Translations(known, all_languages()[known])


def language_for(accepted: str) -> EmailLanguage | None:
    """Return the language of e-mails that an Accept-Language header prefers, or None."""
    preferred = preferred_of(accepted, LANGUAGES)
    return next((one for one in LANGUAGES if one == preferred), None)


@cache
def _english() -> Mapping[str, str]:
    return dict(_flat(tomllib.loads(EMAILS.read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
