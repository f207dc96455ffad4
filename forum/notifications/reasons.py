"""Reasons of notifications: stored as a code with values, and put into words in the reader's language."""

from collections.abc import Mapping
from typing import Any

from members.emails.translations import DEFAULT, translations_for

# A `code` and the values that its sentence needs: `name`, `title`, `count`.
Because = Mapping[str, Any]


def describe_reason(because: Because | None, words: str, language: str | None = DEFAULT) -> str:
    """Return a reason as a sentence in the language; `words` is the text of a reason that is stored without a code."""
    return words if because is None else translations_for(language).reason_text(because)
