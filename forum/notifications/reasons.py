"""Reasons of notifications: stored as a code with values, and put into words in the reader's language."""

from collections.abc import Mapping
from typing import Any

from core.languages.texts import current_language
from members.emails.translations import translations_for

# A `code` and the values that its sentence needs: `name`, `title`, `count`.
Because = Mapping[str, Any]


def describe_reason(because: Because | None, words: str, language: str | None = None) -> str:
    """Return a reason as a sentence in the language, which is otherwise that of the request; `words` is the text of a
    reason that is stored without a code."""
    if because is None:
        return words
    return translations_for(language or current_language().tag).reason_text(because)
