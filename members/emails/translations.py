"""The texts of e-mails in each language, with its plural forms and date formats."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from msgspec import Struct

from members.shapes import EmailLanguage

DEFAULT: EmailLanguage = "en"
LANGUAGES: tuple[EmailLanguage, ...] = get_args(EmailLanguage)

_FOLDER = Path(__file__).parents[1] / "data" / "emails"
_LOCALES = {"pt": "pt_PT", "zh": "zh_Hans"}
_LANGUAGE_RANGE = re.compile(
    r"(?P<language>[a-z]{1,8})(-[a-z0-9]{1,8})*(\s*;\s*q=(?P<quality>0(\.[0-9]{0,3})?|1(\.0{0,3})?))?",
    re.ASCII | re.I,
)
_EXTRA_BLANK_LINES = re.compile(r"\n{3,}")


class Translations(Struct, frozen=True):
    """The texts of one language by key, and its locale for plurals, dates and names of languages."""

    language: EmailLanguage
    texts: Mapping[str, str]
    locale: Locale

    def translate(self, key: str, **facts: object) -> str:
        """Return a text, or its English version, with its placeholders filled in; facts are never parsed as templates."""
        text = self.texts.get(key)
        if text is None:
            text = translations_for(DEFAULT).texts[key]
        return _EXTRA_BLANK_LINES.sub("\n\n", text.format(**facts)).strip()

    def has(self, key: str) -> bool:
        """Return whether this language has a text with this key."""
        return key in self.texts

    def translate_plural(self, key: str, count: int, **facts: object) -> str:
        """Return a text in the plural form of the language for this count."""
        plural = f"{key}.{self.locale.plural_form(count)}"
        return self.translate(plural if self.has(plural) else f"{key}.other", count=count, **facts)

    def date(self, at: datetime, zone: tzinfo = UTC) -> str:
        """Return a date in long format."""
        return str(format_date(at.astimezone(zone), "long", locale=self.locale))

    def moment(self, at: datetime, zone: str = "UTC") -> str:
        """Return a date and time with the name of its time zone."""
        there = ZoneInfo(zone)
        time = format_time(at, "short", tzinfo=there, locale=self.locale)
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
    """Return the translations of a language, or English if the language is unknown."""
    known: EmailLanguage = next((one for one in LANGUAGES if one == language), DEFAULT)
    texts = dict(_flat(tomllib.loads((_FOLDER / f"{known}.toml").read_text(encoding="utf-8"))))
    return Translations(known, texts, Locale.parse(_LOCALES.get(known, known)))


def language_for(accepted: str) -> EmailLanguage | None:
    """Return the e-mail language that an Accept-Language header prefers, or None; malformed parts of it are ignored."""
    wanted: list[tuple[float, str]] = []
    for entry in accepted[:1000].split(","):
        # RFC 9110, 12.5.4: a language range, such as "pt-BR", with an optional quality from 0 (never) to 1.
        match = _LANGUAGE_RANGE.fullmatch(entry.strip())
        if match is not None and (quality := float(match["quality"] or 1)) > 0:
            wanted.append((-quality, match["language"].lower()))
    # The sort is stable: of two languages with the same quality, the first one in the header wins.
    for _, language in sorted(wanted, key=lambda one: one[0]):
        found: EmailLanguage | None = next((one for one in LANGUAGES if one == language), None)
        if found:
            return found
    return None


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
