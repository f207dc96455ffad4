"""Reasons that come again and again, ready to be given: in several languages, as data."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from members.shapes import LetterLanguage
from members.words import LANGUAGES, Words
from moderation.shapes_appeals import ShownReason

_FILE = Path(__file__).parent / "data" / "reasons.json"
DEFAULT = "en"


class ReasonTemplate(Struct, frozen=True):
    """A rule and what is found when it is broken, to be given as it stands or changed."""

    key: str
    rule: str
    facts: str


_TEMPLATES = msgspec.json.decode(_FILE.read_bytes(), type=dict[str, list[ReasonTemplate]])
# Which template a reason is, whatever language it was given in.
_KEYS = {(one.rule, one.facts): one.key for each in _TEMPLATES.values() for one in each}


def reason_templates(language: str) -> Sequence[ReasonTemplate]:
    """The reasons in a language, or in English where it has none."""
    return _TEMPLATES.get(language, _TEMPLATES[DEFAULT])


def find_template(language: str, key: str) -> ReasonTemplate | None:
    """One of them."""
    return next((one for one in reason_templates(language) if one.key == key), None)


def show_reason(rule: str | None, facts: str | None, words: Words) -> ShownReason | None:
    """A reason for a reader: of a template that was given as it stands, in the reader's language; what a moderator wrote
    as it was written, with its language beside it if that is another one."""
    if rule is None or facts is None:
        return None
    key = _KEYS.get((rule, facts))
    if key is not None:
        found = find_template(words.language, key) or find_template(DEFAULT, key)
        assert found is not None
        return ShownReason(rule=found.rule, facts=found.facts, language=words.language)
    language = _language_of(f"{rule}. {facts}")
    if language == words.language:
        return ShownReason(rule=rule, facts=facts, language=language)
    mark = words.say("written_in", language=words.name_of(language))
    return ShownReason(rule=rule, facts=facts, language=language, mark=mark)


def scope_of(action: str, sector: str | None, words: Words) -> str:
    """What a decision covers, in words."""
    key = f"scope.{action}_sector" if sector else f"scope.{action}"
    known = next((one for one in (key, f"scope.{action}") if words.has(one)), "scope.other")
    return words.say(known, sector=sector)


def _language_of(text: str) -> LetterLanguage:
    found: LetterLanguage = _identifier().classify(text)[0]
    return found


@cache
def _identifier() -> LanguageIdentifier:
    made = LanguageIdentifier.from_model_file(MODEL_FILE)
    made.set_languages(list(LANGUAGES))
    return made
