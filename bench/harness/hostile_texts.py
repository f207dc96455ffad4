"""Texts of the greatest permitted length that are slow for some parser, each by its name."""

import random
from collections.abc import Mapping

LENGTH = 20_000
_random = random.Random(7)


def _fill(part: str) -> str:
    return (part * (LENGTH // len(part) + 1))[:LENGTH]


def _nest(start: str, end: str) -> str:
    count = LENGTH // (len(start) + len(end))
    return start * count + end * count


def _numbered(form: str) -> str:
    return "".join(form.format(n=n) for n in range(LENGTH // len(form) + 1))[:LENGTH]


HOSTILE: Mapping[str, str] = {
    # Read as HTML by something that looks at the first character.
    "angles": _fill("< "),
    "open tags": _fill('<a href="'),
    "comments": _fill("<!--"),
    "blocks of HTML": _fill("<div>\n\n"),
    # Nested or unclosed marks of Markdown.
    "brackets": _fill("["),
    "nested brackets": _nest("[", "](x)"),
    "nested images": _fill("![[]()"),
    "unclosed links": _fill("[a](<b"),
    "emphasis": "a**b" + _fill("c* ")[:-4],
    "nested emphasis": _nest("*a **b ", "c** d*"),
    "backticks": "".join("e" + "`" * n for n in range(1, 195)),
    "strikes": _fill("~~a "),
    "backslashes": _fill("\\<"),
    # Blocks.
    "quotes": _fill(">" * 39 + "a\n"),
    "short quotes": _fill(">a\n\n"),
    "lists in lists": _fill("- " * 38 + "a\n"),
    "loose list": _fill("- a\n\n"),
    "empty items": _fill("*\n"),
    "tables": _fill("|a|b|\n|-|-|\n|1|2|\n\n"),
    "wide table": "|a" * 59 + "|\n" + "|-" * 59 + "|\n" + "|\n" * 60,
    "footnotes": "[^1]" * 149 + "\n\n[^1]: x",
    "definitions": _numbered("[r{n}]: /u{n}\n"),
    "line breaks": _fill("\n"),
    "code": "```python\n" + _fill('a"\n')[:-10],
    "diff": "```diff\n" + _fill("+\n")[:-8],
    # Entities, addresses and mentions.
    "entities": _fill("&amp;"),
    "addresses": "http://a.b/" + _fill(")")[:-11],
    "web addresses": _numbered("https://s{n}.example/{n} "),
    "mail addresses": _fill("a@b.c "),
    "plus addresses": _fill("+@a.b"),
    "mentions": _numbered("@m{n} "),
    "a mention of hyphens": "@" + _fill("a-")[:-1],
    "references": _fill("/t/1 #1 "),
    # Characters.
    "one word": _fill("x"),
    "combining marks": "a" + _fill("\u0301")[:-1],
    "zero width": "a" + _fill("\u200b")[:-1],
    "Arabic paragraphs": _fill("> \u0627\n\na\n\n"),
    "Arabic and code": _fill("\u0627`a` "),
    "Chinese": _fill("\u4e2d\u6587"),
    "flags": _fill("\U0001f1e9\U0001f1ea"),
    "by chance": "".join(_random.choice('*_`[]()<>!#-\n |&;:@~a1\\"') for _ in range(LENGTH)),
}
