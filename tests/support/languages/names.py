"""What pages show that is no text of the interface: what members, the community's file and CLDR name."""

import re
from collections.abc import Iterator

import msgspec

from core.languages.languages import all_languages
from core.text_encodings import ENCODINGS
from members.profiles.countries import countries_in
from moderation.reasons.reasons import Templates
from tests.support.languages.pseudo import ACCENTED, MIRRORED
from tests.support.languages.untranslated import names_pattern
from tests.support.service import Service

# What is said in every language as it is: formats, standards and zones.
NAMES = {
    "BibTeX",
    "CSL-JSON",
    "CSV",
    "JSON",
    "JSON-LD (DCAT)",
    "XLSX",
    "Markdown",
    "UTC",
    "Europe/Vienna",
    "en-XA",
    "ar-XB",
}


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings_in(each)


def names_in(app: Service, *written: str) -> re.Pattern[str]:
    """Return what members, the community's file and CLDR name."""
    names = {*NAMES, *written, *ENCODINGS, *(each.name for each in all_languages().values())}
    names |= {name for language in (ACCENTED, MIRRORED) for _, name in countries_in(language)}
    names |= {language.locale.languages[tag] for language in (ACCENTED, MIRRORED) for tag in all_languages()}
    community = set(strings_in(msgspec.to_builtins(app.contexts[0].community)))
    names |= community | {name.replace("-", " ") for name in community}
    names |= set(strings_in(msgspec.to_builtins(Templates().current())))
    return names_pattern(names)
