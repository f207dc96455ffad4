"""Labels of moderation are in the language of the page."""

import re

from core.languages.texts import speaking
from moderation.rules.shapes import Domains
from pages.moderation.labels import action_labels, reason_labels, short_reason_labels
from pages.moderation.routes_transparency import duration
from pages.moderation.rule_forms import FIELDS, describe_test, fields_of
from tests.support.languages.pseudo import ACCENTED
from tests.support.pages import open_page
from tests.support.people import a_person
from tests.support.service import Service


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


async def test_a_filter_is_for_sectors_as_the_reader_calls_them(app: Service) -> None:
    moderator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    form = await open_page(moderator, "/rules/new?kind=alike&lang=zh")
    assert '<option value="sector:mobility">交通出行</option>' in form
    assert "Mobility" not in form


async def test_chinese_sentences_in_a_row_have_no_blanks_between_them(app: Service) -> None:
    admin = await a_person(app, "Ada", duties=[("administrator", None)])
    for path in ("/admin", "/admin/community", "/settings", "/s/mobility", "/queue/health"):
        page = await open_page(admin, f"{path}?lang=zh")
        assert re.findall(r"。 +(?:<a|[^\s<])[^<]*", page) == [], path
