"""Why a rule caught a text is kept as a code with facts, and told in the language of whoever reads it."""

import pytest

from core.languages.texts import speaking
from moderation.rules.findings import Finding, read_reason
from tests.support.languages.pseudo import ACCENTED


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding("newcomer"), "by a new member"),
        (Finding("today", facts={"number": 4}), "post 4 by a new member within 24 hours"),
        (Finding("links", facts={"count": 1}), "1 link to other sites"),
        (Finding("domains", facts={"sites": ["a.example", "b.example"]}), "a link to a.example, b.example"),
        (Finding("phrase"), "a phrase of the rule"),
        (Finding("pattern"), "the pattern of the rule"),
        (
            Finding("alike", facts={"count": 3, "minutes": 60}),
            "one of at least 3 nearly identical texts within 60 minutes",
        ),
        (Finding("mentions", facts={"count": 3}), "3 members mentioned"),
        (
            Finding("new_link", facts={"site": "a.example"}),
            "an edit adds a link to a.example, which the post did not link to before",
        ),
        (Finding("replaced", facts={"count": 70}), "an edit replaces 70 percent of the earlier text"),
        (Finding("language", facts={"code": "sw"}), "it seems to be written in another language (sw)"),
        (
            Finding("timed_out"),
            "The filter could not check this text in time, so a person must read it.",
        ),
    ],
)
def test_a_stored_reason_is_told_in_the_language_of_the_reader(finding: Finding, words: str) -> None:
    assert read_reason(finding.stored) == finding.why == words
    with speaking(ACCENTED):
        assert read_reason(finding.stored).startswith("⟦")


def test_what_older_versions_stored_is_told_as_it_was() -> None:
    assert read_reason("2 links to other sites") == "2 links to other sites"
