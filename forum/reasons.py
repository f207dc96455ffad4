"""Why somebody is told: kept as facts, put into words when it is shown."""

from collections.abc import Mapping
from typing import Any

WORDS = {
    "answers_you": "It answers what you wrote.",
    "topic": "You watch this topic.",
    "opened": "You opened this topic.",
    "replied": "You wrote in this topic.",
    "read": "You have read in this topic.",
    "sector": "You follow {name}.",
    "tag": "You follow the tag “{name}”.",
}


def in_words(because: Mapping[str, Any] | None, words: str) -> str:
    """A reason in words; those that came with it, where there are no facts."""
    if because is None:
        return words
    return WORDS.get(because["code"], "You follow this.").format(name=because.get("name") or "")
