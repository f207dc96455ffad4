"""Why somebody is told: kept as facts, put into words when it is shown, in the language of whoever reads them."""

from collections.abc import Mapping
from typing import Any

from members.emails.translations import DEFAULT, translations_for

# `code` and what its sentence needs: `name`, `title`, `count`.
Because = Mapping[str, Any]


def describe_reason(because: Because | None, words: str, language: str | None = DEFAULT) -> str:
    """A reason in words; those that came with it, where there are no facts."""
    return words if because is None else translations_for(language).reason_text(because)
