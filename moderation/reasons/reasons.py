"""Reason templates with all their versions, and the wording of reasons and scopes in the reader's language."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from core.language_detection import language_identifier
from core.languages.names import shared_name
from core.languages.texts import current_language
from members.emails.translations import DEFAULT, LANGUAGES, Translations
from members.shapes import EmailLanguage
from moderation.reasons.shapes import ShownReason, Template
from moderation.shapes import Reason

_SHIPPED_FILE = Path(__file__).parents[1] / "data" / "reasons.json"
_SHIPPED = [
    Template(key=key, texts=texts, is_offered=True, version=0)
    for key, texts in msgspec.json.decode(
        _SHIPPED_FILE.read_bytes(), type=dict[str, dict[EmailLanguage, Reason]]
    ).items()
]


class Templates:
    """All reason templates with every version of each, oldest first, because older decisions used older versions."""

    def __init__(self, stored: Sequence[Template] = ()) -> None:
        """Start with the templates that ship with the service, and add the stored versions."""
        self.versions: dict[str, list[Template]] = {template.key: [template] for template in _SHIPPED}
        for template in stored:
            self.versions.setdefault(template.key, []).append(template)

    def current(self) -> list[Template]:
        """Return the current version of each template."""
        return [versions[-1] for versions in self.versions.values()]

    def get(self, key: str) -> Template | None:
        """Return the current version of a template, or None."""
        return self.versions[key][-1] if key in self.versions else None

    def offered(self, language: str) -> list[tuple[str, Reason]]:
        """Return the key and text of each template that moderators are offered, in this language or else in English."""
        return [(each.key, _text_in(each, language)) for each in self.current() if each.is_offered]

    def find(self, language: str, key: str) -> Reason | None:
        """Return the text of an offered template in this language or else in English, or None."""
        return dict(self.offered(language)).get(key)

    def show(
        self, rule: str | None, facts: str | None, at: datetime, words: Translations
    ) -> ShownReason | None:
        """Return a decision's reason for a reader, or None without one. If it is a template's text of that time, it is
        translated into the reader's language, also if only the rule is; a moderator's own words stay as written, with a
        mark that names their language if it is another one."""
        if rule is None or facts is None:
            return None
        given = Reason(rule=rule, facts=facts)
        template = self._given(given, at)
        if template is not None:
            given = _text_in(template, words.language)
            language = words.language if words.language in template.texts else DEFAULT
        elif (template := self._with_rule(rule, at)) is not None:
            given = Reason(rule=_text_in(template, words.language).rule, facts=facts)
            language = detect_language(facts)
        else:
            language = detect_language(f"{rule}. {facts}")
        mark = (
            ""
            if language == words.language
            else words.translate("written_in", language=words.language_name(language))
        )
        return ShownReason(rule=given.rule, facts=given.facts, language=language, mark=mark)

    def for_reader(self, rule: str | None, facts: str | None, at: datetime) -> Reason | None:
        """Return a decision's reason, or None without one: a template's text of that time in the language of the reader,
        also if only the rule is; a moderator's own words as written."""
        if rule is None or facts is None:
            return None
        given = Reason(rule=rule, facts=facts)
        template = self._given(given, at)
        if template is not None:
            return _text_in(template, current_language().tag)
        return Reason(rule=self.rule_for_reader(rule, at), facts=facts)

    def rule_for_reader(self, rule: str, at: datetime) -> str:
        """Return a rule in the language of the reader if a template had it at that time, or as written."""
        template = self._with_rule(rule, at)
        return rule if template is None else _text_in(template, current_language().tag).rule

    def _given(self, given: Reason, at: datetime) -> Template | None:
        wanted = _as_compared(given)
        return next(
            (
                one
                for one in self._from_then(at)
                if any(wanted == _as_compared(text) for text in one.texts.values())
            ),
            None,
        )

    def _with_rule(self, rule: str, at: datetime) -> Template | None:
        """Return the template that had this rule at that time: its facts may have been replaced by own words."""
        return next(
            (one for one in self._from_then(at) if any(text.rule == rule for text in one.texts.values())),
            None,
        )

    def _from_then(self, at: datetime) -> Iterator[Template]:
        """Yield the versions that existed at that time, newest first of each template."""
        for versions in self.versions.values():
            yield from (one for one in reversed(versions) if one.changed_at is None or one.changed_at <= at)


def _as_compared(text: Reason) -> Reason:
    """Return a text without what older versions of the shipped templates wrote differently."""
    facts = text.facts.replace("’", "'").replace("\u064b", "")
    return Reason(rule=text.rule, facts=facts)


def _text_in(template: Template, language: str) -> Reason:
    found = {str(key): text for key, text in template.texts.items()}
    return found.get(language, template.texts[DEFAULT])


def effect_of(action: str, automated: bool) -> str:
    """Return the effect of a decision as e-mails name it: "kept_back" if a rule held the post and it was never
    published, or else the action."""
    return "kept_back" if action == "hide" and automated else action


def describe_scope(action: str, sector: str | None, words: Translations) -> str:
    """Describe in words where a decision applies."""
    key = f"scope.{action}_sector" if sector else f"scope.{action}"
    known = next((each for each in (key, f"scope.{action}") if words.has(each)), "scope.other")
    return words.translate(known, sector=sector and shared_name(sector, words.language))


def detect_language(text: str) -> EmailLanguage:
    """Return the most likely e-mail language of a text. The first call in a process is slow, because it loads the
    model."""
    found: EmailLanguage = language_identifier(LANGUAGES).classify(text)[0]
    return found
