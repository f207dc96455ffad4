"""Sectors and tags that come with the community file are called in the language of the reader; people type tags so."""

import httpx2

from tests.support.pages import open_page, send
from tests.support.people import a_person, a_topic
from tests.support.service import Service, raw_sql


async def test_tags_of_the_community_file_have_names_in_the_language_of_the_reader(
    app: Service, client: httpx2.AsyncClient
) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    topic = (await a_topic(root, "Refiners", tags=["rare-earths", "kolwezi"]))["id"]
    await root.put("/tags/rare-earths/following", {"level": "watching"})
    await app.run_jobs()

    pages = (f"/t/{topic}/refiners", "/s/mobility", "/tags", "/tags/rare-earths", "/following")
    for page in pages:
        french = await open_page(root, f"{page}{'&' if '?' in page else '?'}lang=fr")
        assert ">Terres rares<" in french and ">rare-earths<" not in french, page
        assert "kolwezi" in french or page not in pages[:3], page
    assert ">rare-earths<" in await open_page(client, f"/t/{topic}/refiners?lang=en")

    form = await open_page(root, f"/change/{topic}?lang=fr")
    assert 'value="kolwezi, terres-rares"' in form
    assert 'data-tag="terres-rares"' in form and 'data-also="rare-earths"' in form
    for typed in ("Terres rares, étain", "terres-rares, tin", "rare-earths; Étain"):
        version = await raw_sql(app.db).fetchval("SELECT version FROM topics WHERE id = $1", topic)
        changed = await send(root, f"/change/{topic}?lang=fr", title="Refiners", tags=typed, version=version)
        assert changed.status_code == 303, typed
        found = (await root.get(f"/topics/{topic}")).json()["tags"]
        assert sorted(found) == ["rare-earths", "tin"], typed


async def test_sentences_name_a_sector_in_the_language_of_the_reader(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    reader = await a_person(app, "Reader")
    await reader.put("/sectors/mobility/following", {"level": "watching"})
    topic = (await a_topic(root, "Cobalt refiners"))["id"]
    await reader.put("/drafts/new:mobility", {"body": "Unfinished.", "sequence": 0, "owner": "one"})
    await app.run_jobs()

    sentences = {
        "/inbox": "Vous suivez Mobilité",
        "/following": ">Mobilité</a>",
        "/drafts": "Un sujet dans Mobilité",
    }
    for page, words in sentences.items():
        french = await open_page(reader, f"{page}{'&' if '?' in page else '?'}lang=fr")
        assert words in french, page
        assert "Mobility" not in french, page
    found = await reader.client.get("/api/v1/search?q=cobalt", headers={"Accept-Language": "fr"})
    assert [one["name"] for one in found.json()["facets"]["sectors"]] == ["Mobilité"]
    exported = await reader.client.get(f"/api/v1/topics/{topic}/export.md", headers={"Accept-Language": "fr"})
    assert "Mobilité" in exported.text
