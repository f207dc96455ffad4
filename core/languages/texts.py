"""The texts of the interface in the language of whoever reads them.

Each function takes the whole English sentence, by which catalogues find its translation; words that are put in have names,
as in `gettext("%(name)s has replied", name=author)`. The language is that of the current request or job.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.languages.formats import number_in
from core.languages.languages import ENGLISH, Language

_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def current_language() -> Language:
    """Return the language of the current request or job."""
    return _current.get()


def speak(language: Language) -> None:
    """Use this language for the rest of the current task and for the tasks that it starts."""
    _current.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Use this language inside the block, as for an e-mail to another member."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def translatable(message: str) -> str:
    """Mark a text for the catalogues that is stored now, as in a constant, and translated when it is shown."""
    return message


def gettext(message: str, /, **facts: object) -> str:
    """Return a text in the current language, with what is put in by name. Without it, `%` is an ordinary character."""
    text = _current.get().translations.gettext(message)
    return text % facts if facts else text


def pgettext(context: str, message: str, /, **facts: object) -> str:
    """Return a text whose translation depends on the context, such as "Open" as a verb or as a state."""
    text = _current.get().translations.pgettext(context, message)
    return text % facts if facts else text


def ngettext(singular: str, plural: str, count: int, /, **facts: object) -> str:
    """Return a text in the plural form for the count, which `%(num)s` shows as the language writes numbers."""
    language = _current.get()
    text = language.translations.ngettext(singular, plural, count)
    return text % {"num": number_in(language, count), **facts}


def npgettext(context: str, singular: str, plural: str, count: int, /, **facts: object) -> str:
    """Return a text in the plural form for the count, whose translation depends on the context."""
    language = _current.get()
    text = language.translations.npgettext(context, singular, plural, count)
    return text % {"num": number_in(language, count), **facts}
