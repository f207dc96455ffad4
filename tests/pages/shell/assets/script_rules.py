"""What is wrong with the texts of a script: texts that are not marked for translation, or not as plain strings."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

# How many plain strings each function takes first.
MARKS = {"gettext": 1, "ngettext": 2, "pgettext": 2}
# What is shown or read out: properties and attributes, and functions with the places of their texts.
_SHOWN = {
    "textContent",
    "innerText",
    "innerHTML",
    "title",
    "placeholder",
    "alt",
    "ariaLabel",
    "data",
    "label",
}
_ATTRIBUTES = {"aria-label", "aria-description", "aria-roledescription", "title", "placeholder", "alt"}
_SHOWING: Mapping[str, Collection[int]] = {
    "say": {0},
    "tell": {0, 1},
    "remark": {1},
    "pill": {1},
    "bar": {0},
    "stop": {0},
    "shut": {1},
    "Option": {0},
    "setCustomValidity": {0},
    **dict.fromkeys(
        ("append", "prepend", "replaceChildren", "before", "after", "alert", "confirm"), range(9)
    ),
}
# The escapes are those that JSON has too.
_PLAIN = re.compile(r'"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-f]{4})+"')
_LETTERS = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"\b[A-Z][a-z]+,? [a-z]+|^[A-Z][a-z]+\b(?!-)|^ [a-z]+")
_NAMES = {"Enter", "Tab", "Escape", "Ctrl+", "Alt+", "Shift+", "Files", "Slash", "Accept"}
_INSERTED = re.compile(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_TAG = re.compile(r"<[^>]*>")
_UNLOCALISED = {"toLocaleString", "toLocaleDateString", "toLocaleTimeString"}
_OPENING, _CLOSING = set("([{"), set(")]}")
_TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<template>`(?:[^`\\$]|\\.|\$(?!\{)|\$\{(?:[^{}`]|\{[^{}]*\}|`[^`]*`)*\})*`)
    |(?P<name>[\w$]+)
    |(?P<operator>[!=]==?|=>|\?\?|\?\.|\+=|\S)""",
    re.VERBOSE | re.DOTALL,
)
_PATTERN = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
# After these a slash begins a regular expression.
_BEFORE_PATTERN = {"(", ",", "=", ":", "!", "&", "|", "?", "{", "}", ";", "[", "return", "=>", "??"}


class Token(NamedTuple):
    """A part of a script."""

    kind: str
    value: str
    line: int


def tokens_of(source: str) -> list[Token]:
    """Return the parts of a script without comments and regular expressions."""
    tokens = [Token("operator", ";", 0)]
    at = 0
    while at < len(source):
        pattern = _PATTERN.match(source, at) if tokens[-1].value in _BEFORE_PATTERN else None
        found = _TOKENS.match(source, at)
        line = source.count("\n", 0, at) + 1
        if found is None:
            at += 1
        elif found.lastgroup == "comment":
            at = found.end()
        elif pattern:
            tokens.append(Token("pattern", pattern[0], line))
            at = pattern.end()
        else:
            tokens.append(Token(str(found.lastgroup), found[0], line))
            at = found.end()
    # What is looked at behind a part is always there.
    return [*tokens, *[Token("operator", ";", 0)] * 9]


def problems(source: str) -> Iterator[str]:
    """Return what is wrong with the texts of a script, each with its line."""
    tokens = tokens_of(source)
    marked = set[int]()
    for at, token in enumerate(tokens[:-9]):
        if token.kind == "name" and token.value in MARKS and _is_call(tokens, at):
            strings = [at + 2 + 2 * place for place in range(MARKS[token.value])]
            if not all(_is_plain(tokens, place) for place in strings):
                yield f"line {token.line}: {token.value} takes plain strings in double quotes"
            marked.update(strings)
        if token.kind == "template" and re.search(r"\b[np]?gettext\(", token.value):
            yield f"line {token.line}: a text within a template, where it is not found"
    shown = set(_shown(tokens)) - marked
    for at, token in enumerate(tokens[:-9]):
        text = _text(token)
        if text and at not in marked and not _is_code(tokens, at) and (at in shown or _is_sentence(text)):
            yield f"line {token.line}: not marked for translation: {token.value}"
    yield from _formats(tokens)


def _is_call(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at + 1].value == "(" and tokens[at - 1].value != "function"


def _is_plain(tokens: Sequence[Token], at: int) -> bool:
    return bool(_PLAIN.fullmatch(tokens[at].value)) and tokens[at + 1].value in {",", ")"}


def _text(token: Token) -> str:
    """Return the words of a literal, without what is put in and without tags; empty where there are none."""
    if token.kind not in {"string", "template"}:
        return ""
    text = _TAG.sub("", _INSERTED.sub("", token.value[1:-1]))
    return text if _LETTERS.search(text) else ""


def _is_code(tokens: Sequence[Token], at: int) -> bool:
    """Whether a literal is compared with something, or names a key."""
    return tokens[at - 1].value in {"===", "!==", "case"} or len(tokens[at].value) == len('"u"')


def _is_sentence(text: str) -> bool:
    return text not in _NAMES and bool(_SENTENCE.search(text))


def _shown(tokens: Sequence[Token]) -> Iterator[int]:
    """Return the places of literals that are assigned to what is shown, or handed to what shows them."""
    for at, token in enumerate(tokens[:-9]):
        after = tokens[at + 1].value
        if token.value in _SHOWN and after in {"=", ":", "+="}:
            yield from _literals(tokens, at + 2, {0})
        elif token.value == "setAttribute" and tokens[at + 2].value[1:-1] in _ATTRIBUTES:
            yield from _literals(tokens, at + 2, {1})
        elif token.value in _SHOWING and after == "(":
            yield from _literals(tokens, at + 2, _SHOWING[token.value])


def _literals(tokens: Sequence[Token], start: int, places: Collection[int]) -> Iterator[int]:
    """Return the literals of an expression from here on, but not those within calls, at these places between commas."""
    depth = place = 0
    for at in range(start, len(tokens)):
        value = tokens[at].value
        if tokens[at].kind == "operator" and value in _OPENING:
            depth += 1
        elif tokens[at].kind == "operator" and value in _CLOSING:
            depth -= 1
        elif value == "," and depth == 0:
            place += 1
        elif depth == 0 and place in places:
            yield at
        if depth < 0 or (value == ";" and depth == 0) or place > max(places):
            return


def _formats(tokens: Sequence[Token]) -> Iterator[str]:
    for at, token in enumerate(tokens[:-9]):
        following = "".join(one.value for one in tokens[at + 1 : at + 3])
        if token.value in _UNLOCALISED and following == "()":
            yield f"line {token.line}: {token.value} without a language"
        if (
            token.value == "Intl"
            and tokens[at + 3].value == "("
            and tokens[at + 4].value not in {"locale", "lang"}
        ):
            yield f"line {token.line}: {tokens[at + 2].value} without a language"
        # What is shown depends on the language: a script looks at codes.
        if token.value in {"textContent", "innerText"} and re.match(r"[!=]==?[\"'`]\w|\.match$", following):
            yield f"line {token.line}: a script depends on words that are shown"
