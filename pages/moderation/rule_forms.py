"""Forms of automatic filters: the fields of each kind of test, and converting between forms and rules."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.languages.formats import list_in, number_in
from core.languages.texts import current_language, gettext, npgettext, translatable
from moderation.rules.shapes import NewRule, Rule, RuleTest
from pages.shell.forms import Typed, text_in
from pages.shell.forms import number_in as number_typed

Kind = Literal[
    "anything", "links", "domains", "phrases", "pattern", "alike", "mentions", "turned", "languages"
]
# How many of the values of a limit are shown.
_MAX_LISTED = 5
KINDS: Mapping[str, str] = {
    "anything": translatable("All posts of new members, or those over a daily limit"),
    "links": translatable("Many links"),
    "domains": translatable("Links to certain sites"),
    "phrases": translatable("Words and phrases"),
    "pattern": translatable("A pattern"),
    "alike": translatable("Many posts with nearly the same text"),
    "mentions": translatable("Many mentions"),
    "turned": translatable("Edits that replace most of a post"),
    "languages": translatable("Other languages"),
}


class Field(Struct, frozen=True):
    """A field of a test's form: its name, control, label, initial value and hint."""

    name: str
    how: Literal["number", "lines", "text", "tick"]
    label: str
    first: str = ""
    hint: str = ""


FIELDS: Mapping[str, Sequence[Field]] = {
    "anything": (
        Field(
            "a_day",
            "number",
            translatable("Posts allowed in 24 hours"),
            hint=translatable("If this is empty, all posts are caught."),
        ),
    ),
    "links": (
        Field(
            "most",
            "number",
            translatable("Links allowed"),
            "2",
            translatable("Links to this site do not count."),
        ),
    ),
    "domains": (
        Field(
            "domains",
            "lines",
            translatable("Domains, one per line"),
            hint=translatable("example.org includes www.example.org."),
        ),
        Field("others", "tick", translatable("Catch links to all other sites instead")),
    ),
    "phrases": (
        Field(
            "phrases",
            "lines",
            translatable("Phrases, one per line"),
            hint=translatable("Whole words; upper and lower case are the same."),
        ),
    ),
    "pattern": (
        Field(
            "pattern",
            "text",
            translatable("Pattern"),
            hint=translatable(r"A regular expression in RE2's syntax, as in free\s+(gold|cobalt)"),
        ),
    ),
    "alike": (
        Field(
            "count",
            "number",
            translatable("Similar posts until one is caught"),
            "3",
            translatable("With 3, the third similar post is caught."),
        ),
        Field("minutes", "number", translatable("Within (minutes)"), "60"),
        Field("percent", "number", translatable("Similarity (percent)"), "80"),
    ),
    "mentions": (Field("most", "number", translatable("Mentions allowed"), "10"),),
    "turned": (
        Field(
            "hours",
            "number",
            translatable("Posts older than (hours)"),
            "24",
            translatable("Approved posts of any age are checked."),
        ),
        Field("percent", "number", translatable("Part of the text that is removed (percent)"), "60"),
        Field("links", "tick", translatable("Also edits that add a link to another site"), "1"),
    ),
    "languages": (
        Field(
            "languages",
            "lines",
            translatable("Languages allowed, one per line"),
            hint=translatable("Two-letter codes: en, fr, sw."),
        ),
    ),
}


def rule_in(typed: Typed, kind: str) -> dict[str, Any]:
    """Return the rule in a form, in the shape of NewRule."""
    place, _, which = text_in(typed, "place").partition(":")
    trust = text_in(typed, "trust")
    return {
        "name": text_in(typed, "name").strip(),
        "sector": which if place == "sector" else None,
        "room": number_typed(which) if place == "room" else None,
        "action": text_in(typed, "action") or "hold",
        "trust": int(trust) if trust.isascii() and trust.isdecimal() and len(trust) < 4 else None,
        "told": text_in(typed, "told").strip(),
        "test": {"kind": kind, **_test_in(typed, kind)},
    }


def typed_of(rule: Rule | NewRule) -> dict[str, list[str]]:
    """Return the form filled with a rule."""
    place = f"sector:{rule.sector}" if rule.sector else f"room:{rule.room}" if rule.room else "all"
    facts = {
        "name": rule.name,
        "place": place,
        "action": rule.action,
        "trust": "" if rule.trust is None else str(rule.trust),
        "told": rule.told,
    }
    return {name: [value] for name, value in facts.items()} | _typed_test(rule.test)


def new_typed(kind: str) -> dict[str, list[str]]:
    """Return the form of a new rule with its initial values."""
    trust = {"trust": ["0"]} if kind == "anything" else {}
    return {field.name: [field.first] for field in FIELDS[kind]} | trust


def kind_of(test: RuleTest) -> str:
    """Return the kind of a test."""
    return str(type(test).__struct_config__.tag)


def fields_of(kind: str) -> list[Field]:
    """Return the fields of a test's form with their texts in the language of the page."""
    return [
        replace(field, label=gettext(field.label), hint=gettext(field.hint) if field.hint else "")
        for field in FIELDS[kind]
    ]


def describe_test(test: RuleTest) -> tuple[str, list[tuple[str, str]]]:
    """Return in words what a rule catches, and its limits as pairs of label and value."""
    facts = msgspec.to_builtins(test)
    kind = facts.pop("kind")
    limits = [
        (gettext(field.label), _value_in_words(facts[field.name]))
        for field in FIELDS[kind]
        if facts[field.name] not in (None, False)
    ]
    return gettext(KINDS[kind]), limits


def _test_in(typed: Typed, kind: str) -> dict[str, Any]:
    return {field.name: value for field in FIELDS[kind] if (value := _value(typed, field)) is not None}


def _value(typed: Typed, field: Field) -> Any:
    given = text_in(typed, field.name).strip()
    if field.how == "tick":
        return bool(given)
    if field.how == "lines":
        return [line.strip() for line in given.splitlines() if line.strip()]
    if field.how == "text":
        return given
    # Other text is returned as it is: converting it to the shape raises the refusal.
    return (
        (int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else given)
        if given
        else None
    )


def _typed_test(test: RuleTest) -> dict[str, list[str]]:
    facts = msgspec.to_builtins(test)
    shown = {}
    for field in FIELDS[facts["kind"]]:
        value = facts[field.name]
        if field.how == "lines":
            shown[field.name] = ["\n".join(value)]
        elif field.how == "tick":
            shown[field.name] = ["1" if value else ""]
        else:
            shown[field.name] = ["" if value is None else str(value)]
    return shown


def _value_in_words(value: Any) -> str:
    language = current_language()
    if value is True:
        return gettext("yes")
    if not isinstance(value, list):
        return number_in(language, value) if isinstance(value, int) else str(value)
    if len(value) <= _MAX_LISTED:
        return list_in(language, value, "unit")
    more = npgettext("words of a filter", "%(num)s more", "%(num)s more", len(value) - _MAX_LISTED)
    return list_in(language, [*value[:_MAX_LISTED], more])
