"""Reasons of notifications: stored as a code with values, and put into words in the reader's language."""

from collections.abc import Mapping
from typing import Any

from core.languages.names import local, shared_name
from core.languages.texts import current_language
from members.emails.translations import translations_for

# A `code` and the values that its sentence needs: `name`, `title`, `count`.
Because = Mapping[str, Any]


def describe_reason(
    because: Because | None, words: str, named: tuple[str, Mapping[str, str]] = ("", {})
) -> str:
    """Return a reason as a sentence in the language of the reader; `words` is the text of a reason that is stored without a
    code.

    `named` is the title of the topic, and its titles by language: a reason that mentions the title has the reader's.
    """
    if because is None:
        return words
    if because.get("title") == named[0]:
        because = {**because, "title": local(*named)}
    if because["code"] in ("sector", "tag") and because.get("name"):
        because = {**because, "name": shared_name(because["name"])}
    return translations_for(current_language().tag).reason_text(because)
