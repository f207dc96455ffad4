"""Rules as forms: which fields each kind of test has, what a form says as a rule, and a rule in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from moderation.rules.shapes import NewRule, Rule, RuleTest
from pages.shell.forms import Typed, number_in, text_in

Kind = Literal[
    "anything", "links", "domains", "phrases", "pattern", "alike", "mentions", "turned", "languages"
]
KINDS: Mapping[str, str] = {
    "anything": "Whatever new members write, or more than so much a day",
    "links": "Many links",
    "domains": "Links to certain sites",
    "phrases": "Words and phrases",
    "pattern": "A pattern",
    "alike": "Floods of texts that are nearly the same",
    "mentions": "Many members named",
    "turned": "Edits that turn a post into something else",
    "languages": "Other languages",
}


class Field(Struct, frozen=True):
    """One field of a test: what it is called, how it is typed, and what stands in it at first."""

    name: str
    how: Literal["number", "lines", "text", "tick"]
    label: str
    first: str = ""
    hint: str = ""


FIELDS: Mapping[str, Sequence[Field]] = {
    "anything": (
        Field("a_day", "number", "Posts that pass within 24 hours", hint="Nothing: all of them are caught."),
    ),
    "links": (Field("most", "number", "Links that pass", "2", "Links to this site do not count."),),
    "domains": (
        Field("domains", "lines", "Domains, one a line", hint="example.org stands for www.example.org, too."),
        Field("others", "tick", "Catch links to all other sites instead"),
    ),
    "phrases": (
        Field("phrases", "lines", "Phrases, one a line", hint="As whole words; capitals do not matter."),
    ),
    "pattern": (
        Field(
            "pattern",
            "text",
            "Pattern",
            hint=r"A regular expression in RE2's syntax, as in free\s+(gold|cobalt)",
        ),
    ),
    "alike": (
        Field("count", "number", "Caught from this text on", "3", "The third of three that are alike, say."),
        Field("minutes", "number", "Within so many minutes", "60"),
        Field("percent", "number", "Alike to so many percent", "80"),
    ),
    "mentions": (Field("most", "number", "Members that may be named", "10"),),
    "turned": (
        Field("hours", "number", "Posts older than so many hours", "24", "Approved ones at any age."),
        Field("percent", "number", "So many percent of the text are gone", "60"),
        Field("links", "tick", "Or a link to another site is new", "1"),
    ),
    "languages": (
        Field("languages", "lines", "Languages that pass, one a line", hint="In two letters: en, fr, sw."),
    ),
}


def rule_in(typed: Typed, kind: str) -> dict[str, Any]:
    """What a form says, as a new rule is sent."""
    place, _, which = text_in(typed, "place").partition(":")
    trust = text_in(typed, "trust")
    return {
        "name": text_in(typed, "name").strip(),
        "sector": which if place == "sector" else None,
        "room": number_in(which) if place == "room" else None,
        "action": text_in(typed, "action") or "hold",
        "trust": int(trust) if trust.isascii() and trust.isdecimal() and len(trust) < 4 else None,
        "told": text_in(typed, "told").strip(),
        "test": {"kind": kind, **_test_in(typed, kind)},
    }


def typed_of(rule: Rule | NewRule) -> dict[str, list[str]]:
    """A rule as its form shows it."""
    place = f"sector:{rule.sector}" if rule.sector else f"room:{rule.room}" if rule.room else "all"
    facts = {
        "name": rule.name,
        "place": place,
        "action": rule.action,
        "trust": "" if rule.trust is None else str(rule.trust),
        "told": rule.told,
    }
    return {name: [value] for name, value in facts.items()} | _typed_test(rule.test)


def first_typed(kind: str) -> dict[str, list[str]]:
    """A form for a new rule of a kind."""
    trust = {"trust": ["0"]} if kind == "anything" else {}
    return {field.name: [field.first] for field in FIELDS[kind]} | trust


def kind_of(test: RuleTest) -> str:
    """The kind of a test."""
    return str(type(test).__struct_config__.tag)


def in_words(test: RuleTest) -> str:
    """What a rule looks for, with its numbers."""
    facts = msgspec.to_builtins(test)
    kind = facts.pop("kind")
    said = [
        f"{field.label}: {_word(facts[field.name])}"
        for field in FIELDS[kind]
        if facts[field.name] not in (None, False)
    ]
    return f"{KINDS[kind]}. {'; '.join(said)}" if said else KINDS[kind]


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
    # What is no number is left as it is: the shape says what is wrong with it.
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


def _word(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, list):
        more = f" and {len(value) - 5} more" if len(value) > 5 else ""
        return ", ".join(value[:5]) + more
    return str(value)
