"""The texts of the community's file in several languages: what is read from it, stored, and shown to whom."""

import json
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import clock
from core.languages.languages import Language, make_language
from core.languages.texts import speaking
from tertulia.community import Community, page_community, put_community, read_community
from tertulia.settings import Settings
from tests.support.boards import a_board
from tests.support.pages import open_page
from tests.support.people import a_person, a_topic
from tests.support.service import Service

FRENCH, ITALIAN, CHINESE = (make_language(tag, NullTranslations()) for tag in ("fr", "it", "zh"))
LANGUAGES = ("en", "de", "fr", "es", "pt", "zh", "ar")


def a_community(**more: Any) -> Community:
    given = {"name": "People", "languages": ["en", "fr"], "sectors": [], "stakeholder_groups": []}
    return msgspec.convert(given | more, Community)


def read_in(monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    """Let the service speak another language to those who ask for English."""
    monkeypatch.setattr("tertulia.http.languages.languages", lambda: {"en": language})


def test_a_text_is_plain_or_by_language_with_the_communitys_first_one() -> None:
    sector = {"slug": "a", "code": "A", "name": {"en": "Mining", "fr": "Mines"}, "scope": "All of it"}
    made = a_community(sectors=[sector], terms={"ore": {"en": "Ore", "fr": "Minerai"}})
    with speaking(FRENCH):
        shown = page_community(made)
    assert (shown.name, shown.sectors, shown.scopes) == ("People", (("a", "Mines"),), {"a": "All of it"})
    assert made.original(made.name_of("ore")) == "Ore"

    for wrong in ({"fr": "Mines"}, {}, {"en": ""}, {"english": "Mining", "en": "Mining"}):
        with pytest.raises(msgspec.ValidationError):
            a_community(sectors=[sector | {"name": wrong}])


def test_what_is_missing_in_a_language_is_shown_in_the_first_one() -> None:
    community = read_community(Settings().community)
    with speaking(ITALIAN):
        assert dict(page_community(community).sectors)["mobility"] == "Mobility"


def test_the_default_community_has_all_texts_in_all_languages() -> None:
    community = read_community(Settings().community)
    texts = list(community._texts())
    assert len(texts) > 100
    assert not [text for text in texts if isinstance(text, str) or tuple(text) != LANGUAGES]
    used = {term for sector in community.sectors for term in (*sector.stages, *sector.materials)}
    used |= {term for group, terms in community.materials.items() for term in (group, *terms)}
    assert used == set(community.terms)
    with speaking(CHINESE):
        assert page_community(community).short_groups()["industry-upstream"] == "上游产业"


def test_a_wrong_text_is_reported_by_name(tmp_path: Path) -> None:
    content = json.loads(Settings().community.read_text())
    del content["sectors"][1]["scope"]["en"]
    path = tmp_path / "community.json"
    path.write_text(json.dumps(content))
    with pytest.raises(msgspec.ValidationError, match=r"Lithium.*lacks.*en"):
        read_community(path)


async def test_pages_show_names_in_the_readers_language_and_the_api_in_the_first_one(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = await a_person(app, "Amina")
    topic = await a_topic(amina, "Cobalt tracing")
    lists = {"sectors": ["mobility"], "materials": ["cobalt"], "stages": ["mining"]}
    await amina.patch("/me/profile", lists | {"public": [*lists]})
    english = await open_page(amina, f"/t/{topic['id']}/cobalt-tracing")
    read_in(monkeypatch, FRENCH)

    assert ">Mobility<" in english and "Mobilité" not in english
    for address in ("/", "/s", "/s/mobility", f"/t/{topic['id']}/cobalt-tracing", "/g"):
        page = await open_page(amina, address)
        assert "Mobilité" in page and "Mobility" not in page, address
    sector = await open_page(amina, "/s/mobility")
    assert "La batterie lithium-ion" in sector
    assert "<bdi>Nickel</bdi>, <bdi>Graphite naturel</bdi>, " in sector and "natural graphite" not in sector
    profile = await open_page(amina, f"/m/{amina.handle}")
    assert "Exploitation minière" in profile and "Mobilité" in profile
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    assert "Comité consultatif" in await open_page(ada, "/admin/bodies")
    feed = await amina.client.get("/feeds/sectors/mobility.atom")
    calendar = await amina.client.get("/feeds/sectors/mobility.ics")
    assert "Mobilité" in feed.text and "X-WR-CALNAME:Mobilité" in calendar.text
    assert "Accept-Language" in calendar.headers["vary"]
    assert (await amina.get(f"/topics/{topic['id']}")).json()["sector_name"] == "Mobility"


async def test_levels_of_trust_and_groups_of_tags_are_named_for_the_reader(app: Service) -> None:
    community = read_community(Settings().community)
    async with app.db.begin() as tx:
        await put_community(tx, community, clock.now())
    amina = await a_person(app, "Amina")
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    await a_topic(amina, "Cobalt tracing", tags=["cobalt"])

    for page, who, english, french in (
        ("/settings/trust", amina, "Newcomer", "Nouveau membre"),
        (f"/m/{amina.handle}", ada, "Newcomer", "Nouveau membre"),
        ("/rules/new?kind=links", ada, "Newcomer", "Nouveau membre"),
        ("/tags", amina, "Materials", "Matières"),
        ("/tags/cobalt", amina, "Materials", "Matières"),
        ("/tags/cobalt", ada, "Challenges", "Défis"),
    ):
        assert english in await open_page(who, page), page
        shown = await open_page(who, f"{page}{'&' if '?' in page else '?'}lang=fr")
        assert french in shown and english not in shown, page
    trust = await amina.client.get("/api/v1/me/trust", headers={"Accept-Language": "fr"})
    assert trust.json()["trust"]["name"] == "Nouveau membre", trust.text

    # A group that moderators renamed has the name that they gave it.
    group = next(one for one in (await ada.get("/tags")).json()["groups"] if one["name"] == "Materials")
    await ada.patch(f"/tag-groups/{group['id']}", {"name": "Ores"})
    assert "Ores" in await open_page(amina, "/tags?lang=fr")


async def test_the_queue_names_languages_for_the_reader(app: Service) -> None:
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    shown = await open_page(ada, "/queue?lang=fr")
    assert ">allemand</option>" in shown and ">Deutsch</option>" not in shown


async def test_a_name_that_is_missing_in_the_readers_language_says_in_which_it_is(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = await a_person(app, "Amina")
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    table = await a_board(app)
    entry = await table.add(kind="technology")
    await amina.patch("/me/profile", {"sectors": ["mobility", "electronics"], "public": ["sectors"]})
    read_in(monkeypatch, ITALIAN)
    named = '<span lang="en" dir="auto">Mobility</span>'
    page = await open_page(amina, "/s/mobility")
    assert f"<h1>{named}</h1>" in page
    assert f'<span class="dot hue-1"></span>{named}' in page
    assert named in await open_page(amina, f"/m/{amina.handle}")
    # Numbers and citations are stored or sent, and have no place for a language.
    assert "Company: technology" in await open_page(amina, f"/b/{table.id}/numbers")
    assert "Responsible Sourcing Community" in await open_page(amina, f"/p/{entry['post']}/citations")
    assert '<option value="mobility" lang="en">Mobility</option>' in await open_page(ada, "/g/new")


async def test_terms_of_boards_are_shown_and_read_in_the_readers_language(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = await a_board(app)
    read_in(monkeypatch, FRENCH)
    entry = await table.add(kind="technology", issues=["living-wage"])

    page = await open_page(table.member, f"/b/{table.id}")
    assert "Entreprise\u00a0: technologie" in page and "Salaire vital" in page
    assert "Salaire vital" in await open_page(table.member, f"/b/{table.id}/entries/new")
    # What is stored for all readers does not depend on who wrote it.
    post = (await table.member.get(f"/posts/{entry['post']}")).json()
    assert "Living wage" in post["body"]
