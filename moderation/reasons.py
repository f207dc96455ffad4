"""Reasons that come again and again, ready to be given: in several languages, as data."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

_FILE = Path(__file__).parent / "data" / "reasons.json"
DEFAULT = "en"


class ReasonTemplate(Struct, frozen=True):
    """A rule and what is found when it is broken, to be given as it stands or changed."""

    key: str
    rule: str
    facts: str


_TEMPLATES = msgspec.json.decode(_FILE.read_bytes(), type=dict[str, list[ReasonTemplate]])


def reason_templates(language: str) -> Sequence[ReasonTemplate]:
    """The reasons in a language, or in English where it has none."""
    return _TEMPLATES.get(language, _TEMPLATES[DEFAULT])


def find_template(language: str, key: str) -> ReasonTemplate | None:
    """One of them."""
    return next((one for one in reason_templates(language) if one.key == key), None)
