"""Texts in scripts: each script is sent with its texts in the language of the page, so that a page carries no catalogue.

The scripts call `gettext("...")`, `pgettext("...", "...")` and `ngettext("...", "...", count)` with plain strings. In the
copy for another language the strings are replaced by their translations, and the first string of a plural by its forms by
category of CLDR, as `Intl.PluralRules` names them.
"""

import json
import re
from collections.abc import Callable

from core.languages.languages import Language

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_CALLS = re.compile(rf"\b(gettext|pgettext|ngettext)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?")


def translate_script(source: str, language: Language) -> str:
    """Return a script with its texts in this language."""
    return _CALLS.sub(_replacement(language), source)


def _replacement(language: Language) -> Callable[[re.Match[str]], str]:
    translations = language.translations

    def replace(call: re.Match[str]) -> str:
        name, first = call[1], json.loads(call[2])
        second = json.loads(call[3]) if call[3] else None
        if name == "gettext":
            rest = f", {call[3]}" if call[3] else ""
            return f"gettext({_literal(translations.gettext(first))}{rest}"
        if second is None:
            raise ValueError(f"{name} takes two plain strings: {call[0]}")
        if name == "pgettext":
            return f"pgettext({call[2]}, {_literal(translations.pgettext(first, second))}"
        forms = {
            category: translations.ngettext(first, second, count)
            for category, count in plural_examples(language).items()
        }
        return f'ngettext({_literal(forms)}, ""'

    return replace


def plural_examples(language: Language) -> dict[str, int]:
    """Return an integer of each plural category of the language that integers below a million have."""
    found: dict[str, int] = {}
    for count in range(200):
        found.setdefault(language.locale.plural_form(count), count)
    return found


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
