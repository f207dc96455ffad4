"""Labels of moderation are in the language of the page."""

from core.languages.texts import speaking
from moderation.rules.shapes import Domains
from pages.moderation.labels import action_labels, reason_labels, short_reason_labels
from pages.moderation.routes_transparency import duration
from pages.moderation.rule_forms import FIELDS, describe_test, fields_of
from tests.support.languages.pseudo import ACCENTED


def test_labels_and_what_filters_catch_are_in_the_language_of_the_page() -> None:
    with speaking(ACCENTED):
        labels = [*action_labels().values(), *reason_labels().values(), *short_reason_labels().values()]
        fields = [
            text for kind in FIELDS for one in fields_of(kind) for text in (one.label, one.hint) if text
        ]
        what, limits = describe_test(
            Domains(domains=[f"{letter}.example" for letter in "abcdefg"], others=True)
        )
        times = duration(None), duration(61)
    assert all(text.startswith("⟦") for text in [*labels, *fields, what, *(label for label, _ in limits)])
    assert limits[0][1].startswith("a.example, b.example") and "2 möré" in limits[0][1]
    assert limits[1][1].startswith("⟦ýéš")
    assert times[0].startswith("⟦ñö") and times[1].count("⟦") == 2
