"""Languages of the interface for tests, whose texts show which language they are in."""

from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations

import pytest

from core.languages.languages import Language, languages, make_language
from core.languages.negotiation import preferred_language
from tests.support.service import Service


class MarkedTranslations(NullTranslations):
    """Translations that are the English text after the tag of the language, as in "fr|Sign in"."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag

    def gettext(self, message: str) -> str:
        return f"{self.tag}|{message}"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


def marked_language(tag: str) -> Language:
    """Return a language with such texts."""
    return make_language(tag, MarkedTranslations(tag))


@contextmanager
def speaking_also(app: Service, *more: Language) -> Iterator[None]:
    """Let the service speak these languages besides those that have a catalogue, or instead of those with the same tags."""
    known = languages()
    assert isinstance(known, dict)

    def forget() -> None:
        preferred_language.cache_clear()
        app.clear_caches()

    with pytest.MonkeyPatch.context() as patch:
        for language in more:
            patch.setitem(known, language.tag, language)
        forget()
        yield
    forget()
