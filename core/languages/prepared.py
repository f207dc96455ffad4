"""Prepared texts: what the service itself writes into things that members make, such as the columns of a new noticeboard.

They are stored in English; older ones are in the language of the member. As long as a stored text is what a
catalogue says, in any language, each reader sees it in their own. A text that somebody changed is no longer recognised
(decision 60).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from core.languages.languages import all_languages
from core.languages.texts import gettext

# A placeholder, after `re.escape`.
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def prepared_text(text: str, messages: Sequence[str]) -> str:
    """Return a stored text in the language of the reader if it is one of these messages in any language, or as it is."""
    message = _messages_by_text(tuple(messages)).get(text)
    return text if message is None else gettext(message)


def texts_of(text: str, messages: Sequence[str]) -> frozenset[str]:
    """Return a stored text in all languages, if it is one of these messages, or only the text."""
    message = _messages_by_text(tuple(messages)).get(text)
    return frozenset({text} | ({text} if message is None else _in_all_languages(message)))


def facts_of_prepared(text: str, message: str) -> Mapping[str, str] | None:
    """Return what was put into a message that is stored as this text, in any language, or None if it is another text."""
    for begins, ends, pattern in _patterns(message):
        # Without looking at both ends first, it would be tried everywhere in a long text where the places could end.
        if text.startswith(begins) and text.endswith(ends) and (match := pattern.fullmatch(text)):
            return match.groupdict()
    return None


@cache
def _messages_by_text(messages: tuple[str, ...]) -> Mapping[str, str]:
    return {text: message for message in messages for text in _in_all_languages(message)}


@cache
def _in_all_languages(message: str) -> frozenset[str]:
    return frozenset(one.translations.gettext(message) for one in all_languages().values())


@cache
def _patterns(message: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple(_pattern_of(text) for text in _in_all_languages(message))


def _pattern_of(text: str) -> tuple[str, str, re.Pattern[str]]:
    found = _PLACE.sub(lambda place: f"(?P<{place[1]}>.+?)", re.escape(text))
    return text.partition("%(")[0], text.rpartition(")s")[2], re.compile(found, re.S)
