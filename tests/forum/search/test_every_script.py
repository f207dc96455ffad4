"""Tests of what is found in every script: words without spaces, joined words, addresses, signs; and of what is marked."""

import re

import pytest

from forum.search.indexing import index_next_posts, reindex_all
from forum.search.query_terms import terms_of_item
from forum.search.terms import MAX_PHRASE
from tests.support.people import a_person, a_reply, a_topic
from tests.support.search_archive import Archive
from tests.support.service import raw_sql

TEXTS = {
    "chinese": "刚果民主共和国的钴供应链尽职调查指南非常重要。",
    "japanese": "東京都でコバルトの調査をしました。",
    "thai": "การทำเหมืองแร่โคบอลต์ในตากลม",
    "invisible": "The sustain\u00adability report, a chain\u2011of\u2011custody, and rare\u200bearth words.",
    "address": "See https://eur-lex.europa.eu/eli/reg/2017/821/oj for the text.",
    "link": "See [the text](https://laws.example.org/zinc/35) or write to help.desk@laws.example.org.",
    "slash": "Sourcing rhodium/iridium and tin/tungsten jointly, and/or platinum.",
    "signs": "AT&T writes C++ and C# for 3TG, CO₂ and 1,250 m².",
    "farsi": "می‌خواهم کتاب بخوانم",
    "korean": "코발트 공급망을 조사했습니다",
    "emoji": "Approved 👍🏽 today",
    "names": "OpenLCA reads `getUnitProcess` under ISO20400; NMC 811 costs 1,250.50 per e-mails list in Groesse 7.",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        *(
            (query, "chinese")
            for query in ("钴", "供应链", "尽职调查", "刚果", '"供应链尽职调查"', "刚果钴", "指南*")
        ),
        *((query, "japanese") for query in ("東京都", "コバルト", "ｺﾊﾞﾙﾄ", "調査", "コバルト調査")),
        *((query, "thai") for query in ("โคบอลต์", "เหมืองแร่", "ตากลม", "แร่")),
        *(
            (query, "invisible")
            for query in ("sustainability", "sus\u2060tain\u00adability", '"sustainability report"')
        ),
        *(
            (query, "invisible")
            for query in ("chain-of-custody", '"chain of custody"', "custody", "rareearth", "earth")
        ),
        *((query, "invisible") for query in ('"rareearth words"', '"and rare earth"', "rare-earth")),
        *(
            (query, "address")
            for query in ("https://eur-lex.europa.eu/eli/reg/2017/821/oj", "eur-lex", "2017/821")
        ),
        *(
            (query, "address")
            for query in ("eur-lex.europa.eu", "http://EUR-Lex.europa.eu/eli/reg/2017/821/oj#art_1")
        ),
        *((query, "link") for query in ("https://laws.example.org/zinc/35", "laws.example.org/zinc", "zinc")),
        *(
            (query, "link")
            for query in ("help.desk@laws.example.org", "mailto:help.desk@laws.example.org", "desk")
        ),
        *(
            (query, "slash")
            for query in ("rhodium", "iridium", "tin", "tungsten", "rhodium/iridium", "platinum")
        ),
        *(
            (query, "signs")
            for query in ("AT&T", "at&t", "C++", "C#", "3TG", "3tg", "CO2", "CO₂", "1250", "m2")
        ),
        *((query, "farsi") for query in ("می‌خواهم", "میخواهم", "كتاب")),
        *((query, "korean") for query in ("공급망", "코발트 조사")),
        ("👍", "emoji"),
    ],
)
async def test_a_word_inside_a_text_is_found(archive: Archive, query: str, expected: str) -> None:
    for title, text in TEXTS.items():
        await a_topic(archive.amina, title, text)
    assert await archive.titles(query) == {expected}


TYPED = {
    "names": (
        *(
            "openlca",
            "lca",
            "OpenLCA",
            "open lca",
            "getUnitProcess",
            "process",
            "ISO 20400",
            "ISO20400",
            "iso20400",
        ),
        *("NMC811", "nmc 811", '"NMC 811"', "1250.50", "1.250,50", "email", "e-mail", "Größe 7", "groesse"),
    ),
    "chinese": ("「供应链尽职调查」", "『尽职调查』", "‹供应链›"),
    "slash": (
        *("iridium −cobalt", "rhodium －nothing", "gallium | iridium", "in：mobility iridium"),
        "iridium AND rhodium",
    ),
}


async def test_words_joined_by_case_or_digits_and_signs_of_other_keyboards_are_understood(
    archive: Archive,
) -> None:
    for title, text in TEXTS.items():
        await a_topic(archive.amina, title, text)
    expected = {query: {title} for title, queries in TYPED.items() for query in queries}
    assert {query: await archive.titles(query) for query in expected} == expected


async def test_a_word_inside_a_title_is_found(archive: Archive) -> None:
    await a_topic(archive.amina, "冶炼厂的审核报告", "One.")
    await a_topic(archive.amina, "Rhodium/iridium: EU 2017/821", "Two.")
    assert await archive.titles("审核") == {"冶炼厂的审核报告"}
    assert (
        await archive.titles("iridium")
        == await archive.titles("EU 2017/821")
        == {"Rhodium/iridium: EU 2017/821"}
    )


async def test_what_only_looks_alike_is_not_found(archive: Archive) -> None:
    for title, text in TEXTS.items():
        await a_topic(archive.amina, title, text)
    for query in (
        "责任",
        "链供",
        "821/2017",
        '"custody of chain"',
        "ATT",
        "D++",
        "京都大学",
        "2017/8210",
        "「调查尽职」",
    ):
        assert await archive.titles(query) == set(), query
    for query in ("iridium −rhodium", "iridium －rhodium", "NMC 118", "ISO 2041", "getProcessUnit"):
        assert await archive.titles(query) == set(), query


async def test_the_word_that_icu_finds_comes_before_signs_that_stand_beside_each_other(
    archive: Archive,
) -> None:
    await a_topic(archive.amina, "Kyoto", "京都の会議で話しました。")
    await a_topic(archive.amina, "Tokyo", "東京都の会議で話しました。")
    found = await archive.find("京都")
    assert [hit["title"] for hit in found["items"]] == ["Kyoto", "Tokyo"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Of the sustain\u00adability of mines", "sustainability", ["sustain\u00adability"]),
        ("刚果民主共和国的钴供应链。", "供应链", ["供应链"]),
        ("刚果民主共和国的钴供应链。", "钴", ["钴"]),
        ("See https://eur-lex.europa.eu/eli/reg/2017/821/oj there", "2017/821", ["2017/821"]),
        ("Ask AT&T about CO₂ in a <b>", "at&t co2", ["AT&amp;T", "CO₂"]),
        ("Les réseaux miniers", "reseau", ["réseaux"]),
        ("Many words, and audits of smelters", '"audit of smelters"', ["audits of smelters"]),
        ("A chain‑of‑custody scheme", '"chain of custody"', ["chain‑of‑custody"]),
        ("Tracing cobalt", "cob*", ["cobalt"]),
        ("العِنَايَةُ الواجبة", "العناية", ["العِنَايَةُ"]),
    ],
)
async def test_matches_are_marked_in_the_original_text(
    archive: Archive, text: str, query: str, marked: list[str]
) -> None:
    await a_topic(archive.amina, "A title", f"`{text}`")
    (hit,) = (await archive.find(query))["items"]  # type: ignore[misc]
    assert re.findall("<mark>(.*?)</mark>", hit["extract"]) == marked


async def test_an_excerpt_is_about_the_words_of_the_query(archive: Archive) -> None:
    filler = "Something else is said here at some length. " * 40
    await a_topic(archive.amina, "Long", f"{filler}The pangolin came. {filler}The okapi left. {filler}")
    (hit,) = (await archive.find("pangolin okapi"))["items"]  # type: ignore[misc]
    assert "<mark>pangolin</mark> came" in hit["extract"]
    assert "<mark>okapi</mark> left" in hit["extract"]
    assert len(hit["extract"]) < 600
    assert hit["extract"].startswith("… ") and hit["extract"].endswith(" …")


async def test_very_long_words_and_repetitions_are_answered(archive: Archive) -> None:
    for word in ("x" * 5_000, "a-" * 300, "🇩🇪" * 300, "中文" * 300, "a&" * 300, "é\u0301" * 300, "'" * 300):
        await a_topic(archive.amina, "Long", word)
        await archive.app.run_jobs()
        answer = await archive.jonas.get("/search", params={"q": word[:300]})
        assert answer.status_code == 200, word[:10]
    for phrase in ('"a a a a a a a a a a a a"', "a-a-a-a-a-a-a-a-a-a-a-a", "🇩🇪🇩🇪🇩🇪🇩🇪🇩🇪🇩🇪🇩🇪🇩🇪"):
        for term in terms_of_item(phrase, ("en",)):
            # PostgreSQL takes very long for phrases of many words that a post repeats.
            assert max(way.count("<1>") for way in term.written().split(" & ")) < MAX_PHRASE


async def test_the_beginning_of_a_word_is_completed(archive: Archive) -> None:
    await a_topic(archive.amina, "Tracing cobalt", "One.")
    await a_topic(archive.amina, "Cobbler", "Two.")
    assert await archive.titles("coba*") == {"Tracing cobalt"}
    assert await archive.titles("cob*") == {"Tracing cobalt", "Cobbler"}
    assert await archive.titles("tracing coba*") == {"Tracing cobalt"}
    # Words that begin so are better than nothing.
    assert await archive.titles("tracin cobal") == {"Tracing cobalt"}


async def test_stop_words_are_not_needed_where_there_are_others(archive: Archive) -> None:
    await a_topic(archive.amina, "Und so weiter", "Which scheme covers the smelter?")
    assert await archive.titles("the scheme of a smelter") == {"Und so weiter"}
    assert await archive.titles("for the scheme or für") == {"Und so weiter"}
    assert await archive.titles("the which") == {"Und so weiter"}
    assert await archive.titles("“scheme covers the”") == {"Und so weiter"}


async def test_people_are_found_by_name(archive: Archive) -> None:
    diallo = await a_person(archive.app, "fd")
    changed = await diallo.patch("/me/profile", {"display_name": "Fatoumata Dïallo-Keïta"})
    assert changed.status_code == 200
    li = await a_person(archive.app, "Li")
    await li.patch("/me/profile", {"display_name": "李明"})
    await a_topic(archive.amina, "A meeting with Diallo", "Keita was there.")
    for query in ("diallo", "Keita", "fatoumata diallo", diallo.handle, f"@{diallo.handle}", "Diallo-Keïta"):
        found = await archive.find(query)
        assert [one["handle"] for one in found["people"]] == [diallo.handle], query  # type: ignore[attr-defined]
    for query in ("李明", "李"):
        found = await archive.find(query)
        assert [one["handle"] for one in found["people"]] == [li.handle], query  # type: ignore[attr-defined]
    for query in ("diallo -keita", "diallo in:mobility", "fatou", "unheard"):
        assert (await archive.find(query))["people"] == [], query
    page = (await archive.jonas.client.get("/search", params={"q": "diallo"})).text
    assert page.index(f'href="/m/{diallo.handle}"') < page.index("A meeting with Diallo")


NAMES = {
    "José María Núñez": (("Núñez, José María", "jose maria nunez"), ("jose", "nunez", "María", "núñ")),
    "王小明": (("王小明", "小明"), ("王", "小明")),
    "Jürgen Müller": (("Juergen Mueller", "Mueller", "Muller Jurgen"), ("jur", "Jür", "müll")),
    "محمد العلي": (("مُحَمَّد العلي",), ("العلي", "محم")),
    "Đặng Thị Hà": (("dang thi ha", "Hà Đặng Thị"), ("dan", "thi")),
    "O’Brien Seán": (("Sean O'Brien", "obrien"), ("o'b", "obr")),
    "अमिता राव": (("अमिता राव",), ("राव", "अमि")),
}


async def test_people_are_found_and_offered_by_each_word_of_their_names_in_every_script(
    archive: Archive,
) -> None:
    handles = {}
    for name in NAMES:
        person = await a_person(archive.app, "x")
        assert (await person.patch("/me/profile", {"display_name": name})).status_code == 200
        handles[name] = person.handle
    for name, (queries, typed) in NAMES.items():
        for query in queries:
            found = await archive.find(query)
            assert [one["handle"] for one in found["people"]] == [handles[name]], query  # type: ignore[attr-defined]
        for prefix in typed:
            offered = (await archive.jonas.get("/members", params={"prefix": prefix})).json()["items"]
            assert [one["handle"] for one in offered] == [handles[name]], prefix


async def test_visitors_cannot_collect_names(archive: Archive) -> None:
    diallo = await a_person(archive.app, "fd")
    await diallo.patch("/me/profile", {"display_name": "Fatoumata Diallo"})
    await archive.app.run_jobs()
    async with archive.app.client() as visitor:
        for query, count in (
            ("diallo", 0),
            ("fatoumata", 0),
            ("Fatoumata Diallo", 1),
            ("Diallo, Fatoumata", 1),
            (diallo.handle, 1),
        ):
            found = (await visitor.get("/api/v1/search", params={"q": query})).json()
            assert len(found["people"]) == count, query


async def test_a_new_tokenizer_indexes_everything_again_after_what_is_new(archive: Archive) -> None:
    old = await a_topic(archive.amina, "Old", "The word is aardvark.")
    await archive.app.run_jobs()
    sql = raw_sql(archive.app.db)
    await sql.execute("UPDATE search_posts SET vector = 'nothing'")
    await sql.execute("UPDATE search_reindex SET tokenizer = 0")
    languages = ("en",)
    assert await index_next_posts(languages, archive.app.db)
    await a_reply(archive.jonas, old["id"], "A pangolin.")
    assert await index_next_posts(languages, archive.app.db)
    newest_first = await sql.fetch("SELECT post_id FROM search_posts WHERE vector <> 'nothing'")
    assert len(newest_first) == 1
    assert await archive.titles("aardvark") == await archive.titles("pangolin") == {"Old"}


async def test_an_older_worker_leaves_the_index_alone(archive: Archive) -> None:
    await a_topic(archive.amina, "New", "The word is aardvark.")
    await reindex_all(archive.app.db)
    await raw_sql(archive.app.db).execute("UPDATE search_reindex SET tokenizer = 1000")
    assert await archive.titles("aardvark") == set()
    await raw_sql(archive.app.db).execute("UPDATE search_reindex SET tokenizer = 1")
    assert await archive.titles("aardvark") == {"New"}
