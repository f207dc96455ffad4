"""What letters say, in the language of whoever gets them: a file of data for each, and dates and plurals as it has them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from babel import Locale, parse_locale
from babel.dates import format_date, format_time
from msgspec import Struct

from members.shapes import EmailLanguage

DEFAULT: EmailLanguage = "en"
LANGUAGES: tuple[EmailLanguage, ...] = get_args(EmailLanguage)

_FOLDER = Path(__file__).parents[1] / "data" / "letters"
_LOCALES = {"pt": "pt_PT", "zh": "zh_Hans"}
_BLANK = re.compile(r"\n{3,}")


class Translations(Struct, frozen=True):
    """The sentences of one language, by their keys, and how it writes dates, numbers and names of languages."""

    language: EmailLanguage
    sentences: Mapping[str, str]
    locale: Locale

    def translate(self, key: str, **facts: object) -> str:
        """A sentence, with its facts put in. Facts are never read as sentences themselves."""
        sentence = self.sentences.get(key)
        if sentence is None:
            sentence = translations_for(DEFAULT).sentences[key]
        return _BLANK.sub("\n\n", sentence.format(**facts)).strip()

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self.sentences

    def count(self, key: str, count: int, **facts: object) -> str:
        """A sentence about so many."""
        plural = f"{key}.{self.locale.plural_form(count)}"
        return self.translate(plural if self.has(plural) else f"{key}.other", count=count, **facts)

    def date(self, at: datetime, zone: tzinfo = UTC) -> str:
        """A day."""
        return str(format_date(at.astimezone(zone), "long", locale=self.locale))

    def moment(self, at: datetime, zone: str = "UTC") -> str:
        """A day and a time, with the zone in which it is meant."""
        there = ZoneInfo(zone)
        time = format_time(at, "short", tzinfo=there, locale=self.locale)
        return self.translate("moment", date=self.date(at, there), time=time, zone=zone)

    def reason_text(self, because: Mapping[str, Any]) -> str:
        """Why somebody is told something."""
        code = f"reasons.{because['code']}"
        facts = {
            "name": because.get("name") or self.translate("somebody"),
            "title": because.get("title") or "",
        }
        if "count" in because:
            return self.count(code, because["count"], **facts)
        return self.translate(code if self.has(code) else "reasons.follows", **facts)

    def language_name(self, language: str) -> str:
        """What another language is called in this one."""
        return str(self.locale.languages.get(language, language))


@cache
def translations_for(language: str | None) -> Translations:
    """The words of a language, or English where there are none."""
    known: EmailLanguage = next((one for one in LANGUAGES if one == language), DEFAULT)
    sentences = dict(_flat(tomllib.loads((_FOLDER / f"{known}.toml").read_text(encoding="utf-8"))))
    return Translations(known, sentences, Locale.parse(_LOCALES.get(known, known)))


def language_for(accepted: str) -> EmailLanguage | None:
    """The language of letters that suits a browser best, by its Accept-Language header."""
    wanted: list[tuple[float, str]] = []
    for entry in accepted[:1000].split(","):
        tag, _, weight = entry.partition(";")
        try:
            language = parse_locale(tag.strip(), sep="-")[0]
            weighs = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if 0 < weighs <= 1:
            wanted.append((-weighs, language))
    # Sorted by weight alone: of two with the same weight, the one that was named first.
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
