"""Reasons that come again and again, ready to be given: in several languages, as data that administrators change."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from forum.search.languages import identifier
from members.emails.translations import DEFAULT, LANGUAGES, Translations
from members.shapes import EmailLanguage
from moderation.reasons.shapes import ShownReason, Template
from moderation.shapes import Reason

_FILE = Path(__file__).parents[1] / "data" / "reasons.json"
_SHIPPED = [
    Template(key=key, texts=texts, is_offered=True, version=0)
    for key, texts in msgspec.json.decode(
        _FILE.read_bytes(), type=dict[str, dict[EmailLanguage, Reason]]
    ).items()
]


class Templates:
    """The reasons that come again, in every version that each had, oldest first: decisions were made with older ones."""

    def __init__(self, kept: Sequence[Template] = ()) -> None:
        self.versions: dict[str, list[Template]] = {one.key: [one] for one in _SHIPPED}
        for one in kept:
            self.versions.setdefault(one.key, []).append(one)

    def current(self) -> list[Template]:
        """What each says now."""
        return [versions[-1] for versions in self.versions.values()]

    def get(self, key: str) -> Template | None:
        """What one of them says now."""
        return self.versions[key][-1] if key in self.versions else None

    def offered(self, language: str) -> list[tuple[str, Reason]]:
        """What can be given as it stands, by key, in a language, or in English where it has no words in that."""
        return [(one.key, _text(one, language)) for one in self.current() if one.is_offered]

    def find(self, language: str, key: str) -> Reason | None:
        """One of them."""
        return dict(self.offered(language)).get(key)

    def show(
        self, rule: str | None, facts: str | None, at: datetime, words: Translations
    ) -> ShownReason | None:
        """A reason given at some time, for a reader: of a template that was given as it stood, as it stood then in the
        reader's language; what a moderator wrote as it was written, with its language beside it if that is another."""
        if rule is None or facts is None:
            return None
        given = Reason(rule=rule, facts=facts)
        template = self._given(given, at)
        if template is not None:
            given = _text(template, words.language)
            language = words.language if words.language in template.texts else DEFAULT
        else:
            language = detect_language(f"{rule}. {facts}")
        mark = (
            ""
            if language == words.language
            else words.translate("written_in", language=words.language_name(language))
        )
        return ShownReason(rule=given.rule, facts=given.facts, language=language, mark=mark)

    def _given(self, given: Reason, at: datetime) -> Template | None:
        for versions in self.versions.values():
            for one in reversed(versions):
                if given in one.texts.values() and (one.changed_at is None or one.changed_at <= at):
                    return one
        return None


def _text(template: Template, language: str) -> Reason:
    found = {str(key): text for key, text in template.texts.items()}
    return found.get(language, template.texts[DEFAULT])


def effect_of(action: str, automated: bool) -> str:
    """What a decision did, as letters call it: what a rule held, and was not published, was never there to be hidden."""
    return "kept_back" if action == "hide" and automated else action


def describe_scope(action: str, sector: str | None, words: Translations) -> str:
    """What a decision covers, in words."""
    key = f"scope.{action}_sector" if sector else f"scope.{action}"
    known = next((one for one in (key, f"scope.{action}") if words.has(one)), "scope.other")
    return words.translate(known, sector=sector)


def detect_language(text: str) -> EmailLanguage:
    """The one of the languages of letters that a text is most likely in. The first time in a process it takes a while."""
    found: EmailLanguage = identifier(LANGUAGES).classify(text)[0]
    return found
