"""Languages that nobody speaks, in which every text that went through a catalogue can be told from one that did not.

Each text is accented, made longer as translations are, and put between ⟦ and ⟧: what a page shows outside of these brackets
was not marked, `⟧⟦` is a sentence made of parts, and a bracket without the other is a text that was cut off. `ar-XB` is
written from right to left.
"""

import re
from gettext import NullTranslations

from babel import Locale

from core.languages.languages import Language, make_language

# Never changed: placeholders, tags and entities.
_KEPT = re.compile(r"(%\(\w+\)s|%%|</?[a-z][^<>]*>|&#?\w+;)")
_ACCENTED = str.maketrans("aceinosuyAEINOSUY", "áçéíñöšüýÁÉÍÑÖŠÜÝ")
# How much longer a text becomes: up to this number of characters by this share.
_LONGER = ((10, 2.0), (20, 1.0), (30, 0.8), (50, 0.6), (70, 0.4))
_AND_MORE = 0.3


def pseudo(text: str) -> str:
    """Return a text as the pseudo-language has it."""
    parts = _KEPT.split(text)
    length = sum(len(part) for part in parts[::2])
    more = next((share for most, share in _LONGER if length <= most), _AND_MORE)
    parts[::2] = [part.translate(_ACCENTED) for part in parts[::2]]
    words = round(length * more / 4)
    return f"⟦{''.join(parts)}{' ~~~' * words}⟧"


class PseudoTranslations(NullTranslations):
    """Translates every text into the pseudo-language; each plural form is marked with its number."""

    def __init__(self, before: str = "", after: str = "") -> None:
        super().__init__()
        self.before, self.after = before, after

    def gettext(self, message: str) -> str:
        """Return a text in the pseudo-language."""
        return f"{self.before}{pseudo(message)}{self.after}"

    def pgettext(self, context: str, message: str) -> str:
        """Return a text in the pseudo-language; the context says nothing."""
        return self.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the plural form in the pseudo-language."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """Return the plural form in the pseudo-language."""
        return self.ngettext(msgid1, msgid2, n)


ACCENTED = make_language("en-XA", PseudoTranslations(), Locale.parse("en_GB"))
MIRRORED: Language = make_language("ar-XB", PseudoTranslations("\u2067", "\u2069"), Locale.parse("ar"))
