"""Names of tags in every script: what is one tag, what separates two, and what is none."""

import pytest

from forum.tags.names import TagInvalid, find_tag, split_tags, tag_of, tag_url, tags_of
from tests.support.pages import send
from tests.support.people import a_person, a_topic
from tests.support.service import Service


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("Due diligence, 3TG", ["due-diligence", "3tg"]),
        ("réseau", ["réseau"]),
        ("re\u0301seau", ["réseau"]),
        ("中文", ["中文"]),
        ("钴，锂、镍", ["钴", "锂", "镍"]),
        ("معادن", ["معادن"]),
        ("ذهب، كوبالت؛ ليثيوم", ["ذهب", "كوبالت", "ليثيوم"]),
        ("खनिज", ["खनिज"]),
        ("แร่", ["แร่"]),
        ("Größe; STRASSE; straße", ["grösse", "strasse"]),
        ("ＡＵＤＩＴ\n#gold, Gold", ["audit", "gold"]),
        ("C++, AT&T, CO₂, C#, c", ["c++", "at&t", "co2", "c#", "c"]),
        ("#cobalt #nickel", ["cobalt", "nickel"]),
        ("#1 priority, a # b, #c#, a#b", ["1-priority", "a-b", "c#"]),
        ("supply - chain, EU  - - US", ["supply-chain", "eu-us"]),
        ("İstanbul, istanbul", ["istanbul"]),
        ("مـعادن, معادن", ["معادن"]),
        ("ΟΡΥΚΤΟΣ, ορυκτός, Σ", ["ορυκτος", "ορυκτός", "σ"]),
        ("a\u200db, ab", ["ab"]),
        ("EU 2017/821", ["eu-2017-821"]),
        ("gold-bearing, snake_case", ["gold-bearing", "snake_case"]),
        ("a--b-, old-tag", ["a--b-", "old-tag"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("c\u200bo\u00adb\u2060alt\u202e", ["cobalt"]),
        (" , ,, ", []),
    ],
)
def test_tags_are_written_as_people_write_them(typed: str, tags: list[str]) -> None:
    assert tags_of(split_tags(typed)) == tags
    assert tags_of(tags) == tags, "the stored form stays"


@pytest.mark.parametrize(
    "typed", ["", "!!!", "\u200b", "\u3164", "\u2800", "\u0640", "😀", "-", "a" * 41, "中" * 41, "a" * 10_000]
)
def test_what_is_no_tag_is_refused(typed: str) -> None:
    assert find_tag(typed) == ""
    with pytest.raises(TagInvalid):
        tag_of(typed)


def test_the_address_of_a_tag_has_no_other_meaning() -> None:
    assert tag_url("at&t") == "/tags/at%26t" and tag_url("c++") == "/tags/c%2B%2B"
    assert tag_url("中文") == "/tags/%E4%B8%AD%E6%96%87"


@pytest.mark.parametrize("typed", ["réseau", "中文", "معادن", "AT&T", "C++", "C#"])
async def test_a_tag_in_any_script_has_its_page_feed_filter_and_followers(app: Service, typed: str) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Cobalt tracing", tags=[typed])
    [tag] = topic["tags"]
    path = tag_url(tag)

    page = await amina.client.get(path)
    assert page.status_code == 200 and "Cobalt tracing" in page.text
    assert path in (await amina.client.get(f"/t/{topic['id']}/cobalt-tracing")).text
    sector = await amina.client.get(f"/s/{topic['sector']}", params={"tag": typed.upper()})
    assert "Cobalt tracing" in sector.text
    await app.run_jobs()
    found = (await amina.get("/search", params={"q": f'tag:"{typed}"'})).json()
    assert [hit["topic"] for hit in found["items"]] == [topic["id"]]
    assert "Cobalt tracing" in (await amina.client.get(f"/feeds{path}.atom")).text
    assert (await amina.put(f"{path}/following", {"level": "watching"})).json()["id"] == tag


async def test_tags_on_the_form_are_separated_by_commas(app: Service) -> None:
    amina = await a_person(app)
    facts = {"title": "Cobalt tracing", "body": "Words.", "kind": "discussion"}

    made = await send(amina, "/s/mobility/new", **facts, tags="Due diligence, 3TG，réseau")
    refused = await send(amina, "/s/mobility/new", **facts, tags="gold, !!!")

    topic = (await amina.get(f"/topics/{made.headers['location'].split('/')[2]}")).json()
    assert topic["tags"] == ["3tg", "due-diligence", "réseau"]
    assert (
        refused.status_code == 422
        and "Separate tags with commas" in refused.text
        and "gold, !!!" in refused.text
    )
