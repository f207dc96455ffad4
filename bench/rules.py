"""Rules: what one of them takes of the processor to decide about a hostile text of 100 kB, and about an ordinary one."""

import random
import sys
from collections.abc import Mapping
from time import thread_time
from typing import Any

import msgspec

from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.texts import a_reply
from core import clock
from core.language_detection import language_identifier
from forum.text.markdown import render
from moderation.rules.matching import PreviousText, ScreenedText, apply_test
from moderation.rules.minhash import make_sketch
from moderation.rules.patterns import PatternUnusable
from moderation.rules.policy import ensure_is_usable
from moderation.rules.shapes import NewRule, RuleTest

SIZE = 100_000
RUNS = 9
SITE = "https://forum.example"
_rolling = random.Random(7)

# Each is slow for somebody: for engines that go back, for automata with many states, for phrases that nearly match.
TEXTS: Mapping[str, str] = {
    "one sign": "a" * SIZE,
    "two signs by chance": "".join(_rolling.choice("ab") for _ in range(SIZE)),
    "nearly the phrase": ("casin" * SIZE)[:SIZE],
    "words by chance": " ".join(f"{_rolling.randrange(10**9):x}" for _ in range(SIZE))[:SIZE],
    "many scripts": "".join(chr(_rolling.randrange(0x400, 0x2FFF)) for _ in range(SIZE // 3)),
    "nothing but invisible signs": ("a\u200b\u00ad" * SIZE)[: SIZE // 3],
    "blanks": " \n" * (SIZE // 2),
    "links": "".join(f"https://s{n}.example/{n} " for n in range(SIZE))[:SIZE],
    "calls": "".join(f"@m{n} " for n in range(SIZE))[:SIZE],
}
PATTERNS = (
    r"(x+x+)+y",
    r"(a|b)*a(a|b){300}c",
    r"(a*)*(a*)*(a*)*b",
    r"(.*)(.*)(.*)(.*)(.*)(.*)z!",
    r"(\pL|\pN)+@(\pL|x)+!",
    r"(a|b)*a(a|b){900}c(a|b)*a(a|b){900}d",
    r"(?:a?){150}(?:a){150}b",
    r"\b(\w+\s){60}!",
    r"[^a]*[^b]*[^c]*[^d]*!$",
)
# No pattern of these is ever put in force: they are refused, and that must be quick, too.
REFUSED = ("(" * 1000, "((((a{99}){99}){99}){99})", r"(\pL+\s?){900}!", "(a|" * 200 + ")" * 200, r"(a)\1")
TESTS: Mapping[str, Any] = {
    "links": {"kind": "links", "most": 5},
    "domains": {"kind": "domains", "domains": [f"d{n}.example" for n in range(200)]},
    "phrases": {"kind": "phrases", "phrases": ["casino" * 16, *(f"{'a' * 60}{n}b" for n in range(199))]},
    "alike": {"kind": "alike"},
    "mentions": {"kind": "mentions", "most": 5},
    "turned": {"kind": "turned", "hours": 0},
    "languages": {"kind": "languages", "languages": ["en"]},
    **{f"pattern {place + 1}": {"kind": "pattern", "pattern": each} for place, each in enumerate(PATTERNS)},
}


def main() -> int:
    """Measure every kind of rule on every text, and print the figures."""
    heading("What a rule takes to decide about a text of 100 kB")
    language_identifier()
    slowest: list[tuple[float, str, str]] = []
    for name, facts in TESTS.items():
        test = msgspec.convert(facts, RuleTest)
        times = [(_milliseconds(test, what, body), what) for what, body in TEXTS.items()]
        worst, what = max(times)
        print(f"  {name:12} {worst:8.2f} ms  {what}", flush=True)
        slowest.append((worst, name, what))
    ordinary = _ordinary()
    refused = max(_refusal(pattern) for pattern in REFUSED)
    return conclude(
        "rules",
        [
            Figure("the slowest decision of one rule about 100 kB", max(slowest)[0], 10, "ms", at_most=True),
            Figure("all of these rules about a reply of 500 characters", ordinary, 10, "ms", at_most=True),
            Figure(
                "refusing a pattern that is too much, when it is written", refused, 50, "ms", at_most=True
            ),
        ],
    )


def _milliseconds(test: RuleTest, what: str, body: str) -> float:
    text = _text(body, _html(what, body))
    took = []
    for _ in range(RUNS):
        started = thread_time()
        # A sketch is made once for all rules; that is part of what the rule takes.
        if test.__class__.__name__ == "Alike":
            text = msgspec.structs.replace(text, sketch=make_sketch(body))
        apply_test(test, text)
        took.append((thread_time() - started) * 1000)
    return median(took)


def _html(what: str, body: str) -> str:
    # What cannot be rendered never comes to a rule; as a paragraph it is as long as it gets.
    if what == "links":
        return "".join(f'<a href="https://s{n}.example/{n}" rel="nofollow">x</a>' for n in range(2_000))
    if what == "calls":
        return "".join(f'<a href="/m/m{n}" rel="nofollow">@m{n}</a>' for n in range(2_500))
    return f"<p>{body}</p>"


def _text(body: str, html: str) -> ScreenedText:
    now = clock.now()
    # As many as are compared at most, all of them alike.
    alike = [(now, make_sketch(body)[:16] + make_sketch(body[::-1])[:16])] * 100
    return ScreenedText(
        body=body,
        html=html,
        site=SITE,
        now=now,
        trust=0,
        sketch=make_sketch(body),
        alike=alike,
        before=PreviousText(body=body[::-1], html=html, posted_at=now),
    )


def _ordinary() -> float:
    body = a_reply(7)
    text = _text(body, render(body, site=SITE).html)
    tests = [msgspec.convert(facts, RuleTest) for facts in TESTS.values()]
    took = []
    for _ in range(RUNS):
        started = thread_time()
        for test in tests:
            apply_test(test, text)
        took.append((thread_time() - started) * 1000)
    return median(took)


def _refusal(pattern: str) -> float:
    started = thread_time()
    try:
        ensure_is_usable(
            NewRule(name="x", test=msgspec.convert({"kind": "pattern", "pattern": pattern}, RuleTest))
        )
    except PatternUnusable:
        return (thread_time() - started) * 1000
    raise AssertionError(f"this is taken: {pattern[:40]}")


if __name__ == "__main__":
    sys.exit(main())
