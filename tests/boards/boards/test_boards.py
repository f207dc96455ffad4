"""Boards and entries: who begins, adds, changes, backs and withdraws; what others see of it, and what not."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from core import clock
from tests.support.boards import FORM, Table, a_board
from tests.support.people import Person, a_person, a_reply, a_topic, answered
from tests.support.service import Service, raw_sql


@pytest_asyncio.fixture
async def table(app: Service) -> Table:
    return await a_board(app)


async def test_a_board_begins_from_a_template_or_a_form(app: Service) -> None:
    curator = await a_person(app, "Mod", duties=[("moderator", "mobility")])

    made = (
        await curator.post("/sectors/mobility/boards", {"title": "Cases", "template": "good-practice"})
    ).json()

    assert (made["phase"], made["entries"], made["readers"]) == ("collecting", 0, "everyone")
    assert {field["taxonomy"] for field in made["form"]["fields"] if "taxonomy" in field} == {
        "case-kinds",
        "impact-areas",
        "case-maturity",
    }
    topic = (await curator.get(f"/topics/{made['topic']}")).json()
    assert (topic["kind"], topic["title"]) == ("board", "Cases")
    listed = (await curator.get("/sectors/mobility/boards")).json()["items"]
    assert [board["id"] for board in listed] == [made["id"]]


async def test_a_board_without_an_opening_date_takes_entries_at_once(app: Service) -> None:
    curator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    member = await a_person(app, "Amina")
    made = await curator.post("/sectors/mobility/boards", {"title": "Cases", "form": FORM})

    added = await member.post(
        f"/boards/{made.json()['id']}/entries", {"fields": {"title": "Responsible Cobalt"}}
    )

    assert (made.json()["phase"], added.status_code) == ("collecting", 201)


@pytest.mark.parametrize(
    ("given", "phase"),
    [
        ({"consolidates_at": "2099-05-01T00:00:00Z"}, "collecting"),
        ({"consolidates_at": "2020-05-01T00:00:00Z"}, "consolidating"),
        ({"publishes_at": "2020-05-01T00:00:00Z"}, "published"),
        ({"opens_at": "2099-05-01T00:00:00Z"}, "planned"),
        ({"opens_at": None}, "planned"),
    ],
)
async def test_a_board_begins_in_the_phase_of_its_dates(
    app: Service, given: dict[str, Any], phase: str
) -> None:
    curator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    new = {"title": "Cases", "template": "good-practice"}

    made = await curator.post("/sectors/mobility/boards", new | given)

    assert (made.status_code, made.json()["phase"]) == (201, phase)


async def test_the_opening_date_of_a_board_stays_while_it_has_later_dates(app: Service) -> None:
    table = await a_board(app, consolidates_at="2099-05-01T00:00:00Z")

    refused = await table.curator.patch(f"/boards/{table.id}", {"opens_at": None})

    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422,
        "never_opens",
        "opens_at",
    )
    closed = await table.change(opens_at=None, consolidates_at=None)
    assert closed["phase"] == "planned"
    assert (await table.member.post(f"/boards/{table.id}/entries", {"fields": {"title": "x"}})).json()[
        "code"
    ] == "not_collecting"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"template": "nothing"}, "no_such_template"),
        ({}, "no_such_template"),
        ({"form": {"fields": [{"key": "a", "label": "A", "type": "text"}]}}, "form_needs_title"),
        ({"form": {"fields": [FORM["fields"][0], FORM["fields"][0]]}}, "field_named_twice"),
        (
            {
                "form": {
                    "fields": [
                        FORM["fields"][0],
                        {"key": "b", "label": "B", "type": "one_of", "taxonomy": "no"},
                    ]
                }
            },
            "no_such_taxonomy",
        ),
        (
            {
                "template": "follow-up",
                "opens_at": "2026-05-02T00:00:00Z",
                "consolidates_at": "2026-05-01T00:00:00Z",
            },
            "phases_out_of_order",
        ),
        (
            {"template": "follow-up", "opens_at": None, "consolidates_at": "2099-05-01T00:00:00Z"},
            "never_opens",
        ),
        ({"template": "follow-up", "opens_at": None, "publishes_at": "2099-05-01T00:00:00Z"}, "never_opens"),
    ],
)
async def test_what_cannot_be_a_board_is_refused(app: Service, given: dict[str, Any], code: str) -> None:
    curator = await a_person(app, "Mod", duties=[("moderator", "mobility")])

    refused = await curator.post("/sectors/mobility/boards", {"title": "Cases"} | given)

    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_an_entry_is_a_topic_of_its_own_that_stands_in_no_list(table: Table) -> None:
    entry = await table.add(
        kind="sectoral", issues=["forced-labour"], country="CD", link="https://a.example/x"
    )

    assert entry["fields"] == {
        "title": "Cobalt tracing",
        "kind": "sectoral",
        "issues": ["forced-labour"],
        "country": "CD",
        "link": "https://a.example/x",
    }
    assert (entry["number"], entry["version"], entry["state"], entry["replies"]) == (1, 1, "published", 0)
    assert [one["state"] for one in entry["evidence"]] == ["unchecked"]
    post = (await table.member.get(f"/posts/{entry['post']}")).json()
    assert "Forced labour" in post["html"]
    assert "Congo" in post["html"]
    await a_reply(table.member, entry["topic"], "More about it.")
    assert (await table.member.get(f"/entries/{entry['id']}")).json()["replies"] == 1
    topics = (await table.member.get("/sectors/mobility/topics")).json()["items"]
    assert [topic["kind"] for topic in topics] == ["board"]
    counted = (await table.member.get("/sectors/mobility")).json()
    assert counted["topics"] == 1


async def test_what_an_entry_says_is_changed_on_the_board_alone(table: Table) -> None:
    entry = await table.add()

    for path, change in (
        (f"/posts/{entry['post']}", {"body": "Otherwise"}),
        (f"/topics/{entry['topic']}", {"title": "Otherwise"}),
    ):
        refused = await table.member.patch(path, change)
        assert (refused.status_code, refused.json()["code"]) == (409, "written_from_fields")

    changed = await table.member.patch(
        f"/entries/{entry['id']}", {"fields": {"title": "Otherwise", "amount": 3}}
    )
    assert (changed.json()["title"], changed.json()["version"]) == ("Otherwise", 2)
    assert (await table.member.get(f"/topics/{entry['topic']}")).json()["title"] == "Otherwise"
    assert "Otherwise" in (await table.member.get(f"/posts/{entry['post']}")).json()["html"]
    versions = (await table.member.get(f"/entries/{entry['id']}/versions")).json()["items"]
    assert [one["title"] for one in versions] == ["Otherwise", "Cobalt tracing"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({}, "answer_missing", "title"),
        ({"title": ""}, "answer_missing", "title"),
        ({"title": "A", "nothing": 1}, "no_such_field", "nothing"),
        ({"title": "A", "kind": "no-such"}, "answer_invalid", "kind"),
        ({"title": "A", "issues": ["forced-labour", "no"]}, "answer_invalid", "issues"),
        ({"title": "A", "country": "XX"}, "answer_invalid", "country"),
        ({"title": "A", "amount": "3"}, "answer_invalid", "amount"),
        ({"title": "A", "amount": True}, "answer_invalid", "amount"),
        ({"title": "A", "since": "2026-13-01"}, "answer_invalid", "since"),
        ({"title": "A", "link": "javascript:alert(1)"}, "answer_invalid", "link"),
        ({"title": "A", "link": "https://user@a.example"}, "answer_invalid", "link"),
        ({"title": "A", "said": "/t/999999"}, "answer_invalid", "said"),
        ({"title": "A", "said": {"kind": "topic", "id": "1"}}, "answer_invalid", "said"),
        ({"title": "A", "said": {"kind": "secret", "id": 1}}, "answer_invalid", "said"),
        ({"title": ["A"]}, "answer_invalid", "title"),
    ],
)
async def test_what_no_field_takes_is_refused_at_its_field(
    table: Table, fields: dict[str, Any], code: str, field: str
) -> None:
    refused = await table.member.post(f"/boards/{table.id}/entries", {"fields": fields})

    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, code, field)
    assert await table.titles() == []


async def test_phases_gate_what_may_be_done_by_the_clock(table: Table) -> None:
    entry, now = await table.add(), datetime(2026, 5, 1, tzinfo=UTC)
    stranger = await a_person(table.service, "Else")
    await table.change(
        consolidates_at=(now + timedelta(days=1)).isoformat(),
        publishes_at=(now + timedelta(days=9)).isoformat(),
    )

    async def outcomes() -> list[int]:
        added = await stranger.post(f"/boards/{table.id}/entries", {"fields": {"title": "Late"}})
        own = await table.member.patch(
            f"/entries/{entry['id']}", {"fields": {"amount": int(clock.now().timestamp())}}
        )
        backed = await stranger.put(f"/entries/{entry['id']}/confirmations/confirm", {})
        decided = await table.curator.put(f"/entries/{entry['id']}/disposition", {"disposition": "included"})
        return [answer.status_code for answer in (added, own, backed, decided)]

    with clock.stop_at(now):
        assert await outcomes() == [201, 200, 200, 403]
    with clock.stop_at(now + timedelta(days=2)):
        assert await outcomes() == [403, 200, 200, 200]
    with clock.stop_at(now + timedelta(days=10)):
        assert await outcomes() == [403, 403, 200, 200]
        assert (await table.member.get(f"/boards/{table.id}")).json()["phase"] == "published"


async def test_a_form_changes_in_use_and_no_answer_is_lost(table: Table) -> None:
    entry = await table.add(amount=7, what="Long ago.")
    fields = [field for field in FORM["fields"] if field["key"] != "amount"]
    wanted = {"fields": [*fields, {"key": "stage", "label": "Stage", "type": "one_of", "taxonomy": "stages"}]}

    board = await table.change(form=wanted)

    assert [field["key"] for field in board["form"]["fields"] if field.get("retired")] == ["amount"]
    kept = (await table.member.get(f"/entries/{entry['id']}")).json()
    assert kept["fields"]["amount"] == 7
    changed = await table.member.patch(f"/entries/{entry['id']}", {"fields": {"stage": "mining"}})
    assert (changed.json()["fields"]["amount"], changed.json()["fields"]["stage"]) == (7, "mining")
    refused = await table.member.patch(f"/entries/{entry['id']}", {"fields": {"amount": 8}})
    assert refused.json()["code"] == "no_such_field"
    other = {"fields": [*fields, {"key": "amount", "label": "Amount", "type": "text"}]}
    refused = await table.curator.patch(f"/boards/{table.id}", {"form": other})
    assert (refused.status_code, refused.json()["code"]) == (422, "field_kind_fixed")


async def test_changes_to_different_fields_both_stay_and_to_the_same_one_conflict(table: Table) -> None:
    entry = await table.add(amount=1)
    path, started = f"/entries/{entry['id']}", {"headers": {"If-Match": '"1"'}}

    first = await table.member.patch(path, {"fields": {"amount": 2}}, **started)
    second = await table.curator.patch(path, {"fields": {"country": "CD"}}, **started)
    third = await table.curator.patch(path, {"fields": {"amount": 3}}, **started)
    again = await table.member.patch(path, {"fields": {"amount": 2}}, **started)

    assert [answer.status_code for answer in (first, second, third, again)] == [200, 200, 412, 200]
    assert third.json()["current"]["fields"]["amount"] == 2
    now = (await table.member.get(path)).json()
    assert (now["fields"]["amount"], now["fields"]["country"], now["version"]) == (2, "CD", 3)
    assert [one["handle"] for one in now["contributors"]] == [table.member.handle, table.curator.handle]


async def test_what_a_form_sends_as_it_was_takes_nothing_back(table: Table) -> None:
    entry = await table.add(amount=1, country="CD")
    path, started = f"/entries/{entry['id']}", {"headers": {"If-Match": '"1"'}}
    await table.member.patch(path, {"fields": {"country": "CL"}})

    whole = {"title": "Cobalt tracing", "amount": 2, "country": "CD", "what": None}
    answer = await table.curator.patch(path, {"fields": whole}, **started)

    assert (answer.status_code, answer.json()["fields"]["country"], answer.json()["fields"]["amount"]) == (
        200,
        "CL",
        2,
    )


async def test_twenty_curators_at_once_lose_no_update(table: Table) -> None:
    people = [await a_person(table.service, f"C{n}", duties=[("moderator", "mobility")]) for n in range(20)]
    entries = [await table.add(f"Entry {n}") for n in range(5)]

    async def work(place: int, person: Person) -> list[tuple[int, str]]:
        made = []
        for turn in range(6):
            entry = entries[(place + turn) % len(entries)]["id"]
            word = f"{place}.{turn}"
            for _ in range(60):
                now = (await person.get(f"/entries/{entry}")).json()
                said = [*(now["fields"].get("what") or "").split(), word]
                changed, version = {"fields": {"what": " ".join(said)}}, {"If-Match": f'"{now["version"]}"'}
                answer = await answered(partial(person.patch, f"/entries/{entry}", changed, headers=version))
                if answer.status_code == 200:
                    break
                assert answer.status_code == 412, answer.text
            else:
                pytest.fail("never got through")
            made.append((entry, word))
        return made

    done = await asyncio.gather(*(work(place, person) for place, person in enumerate(people)))

    for entry in entries:
        now = (await table.member.get(f"/entries/{entry['id']}")).json()
        wanted = {word for made in done for id, word in made if id == entry["id"]}
        assert set(now["fields"]["what"].split()) == wanted
        assert now["version"] == 1 + len(wanted)


async def test_backing_counts_each_member_once_and_its_words_are_a_reply(table: Table) -> None:
    entry = await table.add()
    path = f"/entries/{entry['id']}/confirmations"
    other = await a_person(table.service, "Else")

    for _ in range(2):
        await other.put(f"{path}/do_too", {"note": "In Kolwezi, since March."})
    await table.member.put(f"{path}/do_too", {})
    backed = (await other.put(f"{path}/confirm", {})).json()

    assert (backed["confirmations"], sorted(backed["mine"])) == (
        {"do_too": 2, "confirm": 1},
        ["confirm", "do_too"],
    )
    posts = (await other.get(f"/topics/{entry['topic']}/posts")).json()["items"]
    assert [post["html"] for post in posts[1:]] == ["<p>In Kolwezi, since March.</p>\n"]
    for _ in range(2):
        taken = (await other.delete(f"{path}/do_too")).json()
    assert taken["confirmations"] == {"do_too": 1, "confirm": 1}


async def test_what_is_withdrawn_or_hidden_stands_in_no_table_and_comes_back(table: Table) -> None:
    entry, kept = await table.add("Secret cobalt", kind="sectoral"), await table.add("Kept", kind="sectoral")
    path = f"/entries/{entry['id']}"
    matrix = f"/boards/{table.id}/matrix?rows=kind&columns=issues"
    assert await table.titles("?where=kind:sectoral") == ["Secret cobalt", "Kept"]

    await table.member.delete(path)
    assert await table.titles() == ["Kept"]
    assert (await table.curator.get(matrix)).json()["total"] == 1
    stranger = await a_person(table.service, "Else")
    assert (await stranger.get(path)).status_code == 404
    assert (await table.member.delete(f"{path}/withdrawal")).json()["state"] == "published"
    assert await table.titles() == ["Secret cobalt", "Kept"]

    flag = await stranger.post(f"/posts/{entry['post']}/flags", {"reason": "spam"})
    assert flag.status_code == 201
    case = (await table.curator.get("/cases")).json()["items"][0]
    hide = {"version": case["version"], "action": "hide", "reason": {"rule": "Spam", "facts": "Sells."}}
    decision = (await table.curator.post(f"/cases/{case['id']}/decisions", hide)).json()
    for who in (stranger, table.curator):
        assert await table.titles(who=who) == ["Kept"]
        assert (await who.get(f"/boards/{table.id}")).json()["entries"] == 1
        for kind in ("csv", "json"):
            assert "Secret" not in (await who.get(f"/boards/{table.id}/export.{kind}")).text
        assert (await who.get(f"/boards/{table.id}/similar?title=Secret cobalt")).json()["items"] == []
    assert (await stranger.get(path)).status_code == 404
    assert (await table.member.patch(path, {"fields": {"amount": 1}})).status_code == 404
    await table.curator.put(f"/decisions/{decision['id']}/reversal", {"facts": "It was none."})
    assert await table.titles() == ["Secret cobalt", "Kept"]
    assert kept["id"]


async def test_a_board_for_members_is_nothing_to_visitors(app: Service) -> None:
    table = await a_board(app, readers="members")
    entry = await table.add("Secret cobalt")

    async with app.client() as visitor:
        for path in (
            f"/boards/{table.id}", f"/boards/{table.id}/entries", f"/entries/{entry['id']}",
            f"/boards/{table.id}/matrix?rows=kind&columns=issues", f"/boards/{table.id}/export.csv",
            f"/topics/{entry['topic']}", f"/boards/{table.id}/similar?title=Secret", f"/boards/{table.id}/views",
            f"/entries/{entry['id']}/versions", f"/entries/{entry['id']}/requests", f"/boards/{table.id}/contributors",
        ):  # fmt: skip
            assert (await visitor.get(f"/api/v1{path}")).status_code == 404, path
        assert (await visitor.get("/api/v1/sectors/mobility/boards")).json()["items"] == []

        await table.change(readers="everyone")
        assert (await visitor.get(f"/api/v1/entries/{entry['id']}")).json()["title"] == "Secret cobalt"


async def test_entries_are_found_in_every_script_and_without_accents(table: Table) -> None:
    title = "Réseau العِنَايَةُ Größe 钴的供应链 Łódź ٢٠٢٤ sus\u00adtainable"
    await table.add(title, kind="sectoral")
    for typed in (
        *("reseau", "RÉSEAU", "re\u0301seau", "العناية", "العنـاية", "GRÖSSE", "grosse", "供应链", "钴"),
        *("lodz", "2024", "sustainable", "供应链 reseau", '"العناية grosse"', "ｒéｓｅａｕ"),
    ):
        assert await table.titles(f"?{urlencode({'q': typed})}") == [title], typed


async def test_the_table_is_filtered_searched_sorted_and_paged(table: Table) -> None:
    await table.add("Cobalt", kind="sectoral", issues=["forced-labour"], amount=3, since="2024-01-05")
    await table.add(
        "Tin 100%", kind="technology", issues=["living-wage", "mining-waste-and-disposal"], amount=1
    )
    await table.add("Gold", kind="sectoral", issues=["living-wage"], since="2023-02-01", what="Mercury_free")

    assert await table.titles("?where=kind:sectoral") == ["Cobalt", "Gold"]
    assert await table.titles("?where=kind:sectoral&where=issues:living-wage") == ["Gold"]
    assert await table.titles("?where=issues:living-wage&where=issues:forced-labour") == [
        "Cobalt",
        "Tin 100%",
        "Gold",
    ]
    assert await table.titles("?where=issues:social-lsm") == ["Cobalt", "Tin 100%", "Gold"], (
        "what lies below counts"
    )
    assert await table.titles("?where=issues:environment-lsm") == ["Tin 100%"]
    assert await table.titles("?q=100%25") == ["Tin 100%"]
    assert await table.titles("?q=%25") == ["Tin 100%"], "a sign of patterns is a letter like others"
    assert await table.titles("?q=mercury_") == ["Gold"]
    for typed in (
        "GOLD mercury_",
        "mercury_ gold",
        "ｇｏｌｄ",
        '"mercury_"',
        "«mercury_» gold",
        "göld",
        "go\u00adld",
    ):
        assert await table.titles(f"?{urlencode({'q': typed})}") == ["Gold"], typed
    for typed in ('"gold mercury_"', "gold tin", "%old"):
        assert await table.titles(f"?{urlencode({'q': typed})}") == [], typed
    assert await table.titles("?sort=amount") == ["Gold", "Tin 100%", "Cobalt"], (
        "what says nothing comes first"
    )
    assert await table.titles("?sort=title&desc=true") == ["Tin 100%", "Gold", "Cobalt"]
    assert await table.titles("?sort=since&desc=true") == ["Cobalt", "Gold", "Tin 100%"]
    refused = await table.member.get(f"/boards/{table.id}/entries?sort=issues")
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_sort")


@pytest.mark.parametrize("sort", ["number", "title", "added", "changed", "confirmed", "amount", "since"])
@pytest.mark.parametrize("desc", ["true", "false"])
async def test_pages_have_neither_holes_nor_twins(
    table: Table, sort: str, desc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boards.table.table.PAGE_SIZE", 4)
    for n in range(11):
        await table.add(
            f"Entry {n % 3}", **({"amount": n % 4, "since": f"2024-01-0{1 + n % 4}"} if n % 2 else {})
        )

    found, after = [], ""
    while True:
        page = (await table.member.get(f"/boards/{table.id}/entries?sort={sort}&desc={desc}{after}")).json()
        found += [entry["number"] for entry in page["items"]]
        assert page["total"] == 11
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert sorted(found) == list(range(1, 12))


async def test_the_matrix_is_what_one_counts_by_hand(table: Table) -> None:
    await table.add("A", kind="sectoral", issues=["forced-labour", "living-wage"])
    await table.add("B", kind="sectoral", issues=["forced-labour", "mining-waste-and-disposal"])
    await table.add("C", kind="technology", issues=["forced-labour"])
    await table.add("D", kind="technology")

    matrix = (await table.member.get(f"/boards/{table.id}/matrix?rows=kind&columns=issues")).json()

    cells = {
        (cell["row"], cell["column"]): (cell["entries"], cell["newest_title"]) for cell in matrix["cells"]
    }
    assert cells == {
        ("sectoral", "social-lsm"): (2, "B"),
        ("sectoral", "environment-lsm"): (1, "B"),
        ("technology", "social-lsm"): (1, "C"),
    }
    assert (matrix["row_totals"], matrix["column_totals"], matrix["total"]) == (
        {"sectoral": 2, "technology": 2},
        {"social-lsm": 3, "environment-lsm": 1},
        4,
    )
    within = (
        await table.member.get(f"/boards/{table.id}/matrix?rows=issues&columns=kind&within=social-lsm")
    ).json()
    assert {(cell["row"], cell["column"]): cell["entries"] for cell in within["cells"]} == {
        ("forced-labour", "sectoral"): 2,
        ("forced-labour", "technology"): 1,
        ("living-wage", "sectoral"): 1,
    }
    refused = await table.member.get(f"/boards/{table.id}/matrix?rows=kind&columns=kind")
    assert (refused.status_code, refused.json()["code"]) == (422, "cannot_cross")


async def test_twins_are_suggested_while_one_types(table: Table) -> None:
    await table.add("Responsible Cobalt Initiative")
    await table.add("The Copper Mark")

    found = (await table.member.get(f"/boards/{table.id}/similar?title=responsible cobalt initative")).json()

    assert [entry["title"] for entry in found["items"]] == ["Responsible Cobalt Initiative"]


async def test_entries_merge_with_credit_to_all_and_come_apart_again(table: Table) -> None:
    other, third = await a_person(table.service, "Other"), await a_person(table.service, "Third")
    first = await table.add("RCI", issues=["forced-labour"])
    second = await table.add("Responsible Cobalt Initiative", who=other, issues=["living-wage"], country="CD")
    for who, id in ((table.member, first["id"]), (other, second["id"]), (third, second["id"])):
        await who.put(f"/entries/{id}/confirmations/do_too", {})
    await table.member.put(f"/entries/{second['id']}/confirmations/do_too", {})

    refused = await table.member.put(f"/entries/{second['id']}/merger", {"into": first["id"]})
    assert refused.status_code == 403
    for _ in range(2):
        merged = (await table.curator.put(f"/entries/{second['id']}/merger", {"into": first["id"]})).json()

    assert merged["fields"] == {"title": "RCI", "issues": ["living-wage", "forced-labour"], "country": "CD"}
    assert {one["handle"] for one in merged["contributors"]} >= {table.member.handle, other.handle}
    assert merged["confirmations"] == {"do_too": 3}, "who backed both is one"
    assert await table.titles() == ["RCI"]
    gone = (await other.get(f"/entries/{second['id']}")).json()
    assert (gone["state"], gone["merged_into"]) == ("merged", first["id"])
    refused = await other.patch(f"/entries/{second['id']}", {"fields": {"amount": 1}})
    assert (refused.status_code, refused.json()["code"]) == (409, "entry_is_merged")
    refused = await table.curator.put(f"/entries/{first['id']}/merger", {"into": second["id"]})
    assert refused.json()["code"] == "cannot_merge"

    await table.curator.delete(f"/entries/{second['id']}/merger")
    apart = (await table.member.get(f"/entries/{first['id']}")).json()
    assert (apart["confirmations"], other.handle in {one["handle"] for one in apart["contributors"]}) == (
        {"do_too": 1},
        False,
    )
    assert (await other.get(f"/entries/{second['id']}")).json()["confirmations"] == {"do_too": 3}
    assert await table.titles() == ["RCI", "Responsible Cobalt Initiative"]


async def test_a_post_becomes_an_entry_and_both_know(table: Table) -> None:
    topic = await a_topic(table.member)
    post = await a_reply(table.member, topic["id"], "The Copper Mark does this.")

    entry = await table.add(
        "The Copper Mark", source=post["id"], said=f"/t/{topic['id']}/cobalt-tracing/{post['number']}"
    )

    assert (entry["source"], entry["fields"]["said"]) == (post["id"], {"kind": "post", "id": post["id"]})
    under = (await table.member.get(f"/topics/{topic['id']}/posts")).json()["items"][-1]
    assert under["parent"] == post["id"]
    assert f"/b/{table.id}/entries/{entry['id']}" in under["html"]
    assert "Copper" not in under["html"], "the board may be for fewer readers"
    closed = await a_board(table.service, readers="members")
    secret = await closed.add("Secret")
    refused = await table.member.post(
        f"/boards/{table.id}/entries", {"fields": {"title": "X"}, "source": 10**9}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "source_not_here")
    assert secret["post"] != post["id"]


async def test_gaps_are_claimed_for_a_while(table: Table) -> None:
    cell = {"kind": "technology", "issues": "forced-labour"}
    now = datetime(2026, 5, 1, tzinfo=UTC)

    with clock.stop_at(now):
        claim = (await table.member.post(f"/boards/{table.id}/gap-claims", {"cell": cell})).json()
        again = (await table.member.post(f"/boards/{table.id}/gap-claims", {"cell": cell})).json()
        assert (claim["id"], claim["cell"], claim["by"]["handle"]) == (again["id"], cell, table.member.handle)
        stranger = await a_person(table.service, "Else")
        assert (await stranger.delete(f"/gap-claims/{claim['id']}")).status_code == 403
        for bad in ({"kind": "no"}, {"title": "A"}, {"kind": "sectoral", "nothing": "x"}):
            refused = await table.member.post(f"/boards/{table.id}/gap-claims", {"cell": bad})
            assert refused.status_code == 422
    with clock.stop_at(now + timedelta(days=31)):
        assert (await table.member.get(f"/boards/{table.id}/gap-claims")).json()["items"] == []
    with clock.stop_at(now):
        assert (await table.member.delete(f"/gap-claims/{claim['id']}")).status_code == 204
        assert (await table.member.get(f"/boards/{table.id}/gap-claims")).json()["items"] == []


async def test_entries_are_decided_about_with_reasons_and_by_version(table: Table) -> None:
    entry = await table.add()
    await table.change(consolidates_at="2020-02-01T00:00:00Z")
    path = f"/entries/{entry['id']}/disposition"

    refused = await table.curator.put(path, {"disposition": "excluded"})
    assert (refused.status_code, refused.json()["code"]) == (422, "disposition_needs_reason")
    decided = await table.curator.put(
        path, {"disposition": "excluded", "reason": "Not about sourcing."}, headers={"If-Match": '"1"'}
    )
    assert (decided.json()["disposition"], decided.json()["version"]) == ("excluded", 2)
    stale = await table.curator.put(path, {"disposition": "included"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["disposition"]) == (412, "excluded")
    assert await table.titles("?disposition=excluded") == ["Cobalt tracing"]
    assert await table.titles("?disposition=included") == []


async def test_who_contributed_is_asked_for_changes_and_told(table: Table) -> None:
    entry = await table.add()

    request = (
        await table.curator.post(f"/entries/{entry['id']}/requests", {"body": "Which year is this?"})
    ).json()

    assert (request["state"], (await table.member.get(f"/entries/{entry['id']}")).json()["requests"]) == (
        "open",
        1,
    )
    told = (await table.member.get("/inbox")).json()["items"]
    assert [(one["kind"], one["post"]) for one in told] == [("change_requested", request["post"])]
    stranger = await a_person(table.service, "Else")
    path = f"/change-requests/{request['id']}/state"
    assert (await stranger.put(path, {"state": "done"})).status_code == 403
    assert (await table.member.put(path, {"state": "withdrawn"})).status_code == 403
    assert (await table.member.put(path, {"state": "done"})).json()["state"] == "done"
    assert (await table.member.get(f"/entries/{entry['id']}")).json()["requests"] == 0


async def test_views_are_kept_under_a_name(table: Table) -> None:
    given = {"title": "Sectoral", "query": "where=kind%3Asectoral&sort=title&next=https://evil.example"}

    view = (await table.member.post(f"/boards/{table.id}/views", given)).json()

    assert view["query"] == "where=kind%3Asectoral&sort=title"
    assert (await table.member.post(f"/boards/{table.id}/views", given | {"shared": True})).status_code == 403
    shared = (await table.curator.post(f"/boards/{table.id}/views", given | {"shared": True})).json()
    stranger = await a_person(table.service, "Else")
    seen = (await stranger.get(f"/boards/{table.id}/views")).json()["items"]
    assert [one["id"] for one in seen] == [shared["id"]]
    assert (await stranger.delete(f"/views/{view['id']}")).status_code == 404
    assert (await stranger.delete(f"/views/{shared['id']}")).status_code == 403
    assert (await table.member.delete(f"/views/{view['id']}")).status_code == 204


async def test_an_old_table_and_what_was_told_since_are_a_new_one(table: Table) -> None:
    channel = f"board:{table.id}"
    first = await table.add("First", kind="sectoral")
    page = (await table.member.get(f"/boards/{table.id}/entries")).json()
    kept = {entry["id"]: entry for entry in page["items"]}
    other = await a_person(table.service, "Other")

    second = await table.add("Second", who=other)
    await table.member.patch(f"/entries/{first['id']}", {"fields": {"amount": 4}})
    await other.put(f"/entries/{first['id']}/confirmations/confirm", {"note": "Seen it."})
    third = await table.add("Third")
    await table.member.delete(f"/entries/{third['id']}")
    await table.curator.put(f"/entries/{second['id']}/merger", {"into": first["id"]})
    await table.curator.delete(f"/entries/{second['id']}/merger")
    await table.curator.post(f"/entries/{second['id']}/requests", {"body": "Which year?"})

    for token in (None, table.member.token, table.curator.token):
        then = dict(kept)
        async with table.service.listening(channel, token, after=page["stream"]["seq"]) as feed:
            for frame in feed.joined["missed"]:
                entry = frame["event"].get("entry")
                if entry is None:
                    continue
                if entry["state"] == "published":
                    then[entry["id"]] = entry
                else:
                    then.pop(entry["id"], None)
        async with table.service.client(token) as client:
            fresh = (await client.get(f"/api/v1/boards/{table.id}/entries")).json()["items"]
        for entry in (*then.values(), *fresh):
            entry.pop("mine", None)
        # How many replies there are is told by the entry's own topic.
        assert [{**one, "replies": 0} for one in then.values()] == [{**one, "replies": 0} for one in fresh]


async def test_a_page_of_the_table_takes_as_many_statements_for_many_entries(table: Table) -> None:
    for n in range(3):
        await table.add(f"Entry {n}", link=f"https://a.example/{n}")
    seen = await raw_sql(table.service.db).fetchval("SELECT count(*) FROM evidence")
    assert seen == 3


async def test_files_of_the_table_say_what_stands_there_and_nothing_runs(table: Table) -> None:
    await table.add("=1+1", issues=["forced-labour", "living-wage"], country="CD", amount=2.5)

    text = (await table.member.get(f"/boards/{table.id}/export.csv")).content.decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0].startswith("Number,Case,Kind of case,Impact areas,Country,Amount")
    assert lines[1].startswith("1,'=1+1,,Living wage; Forced labour,")
    answer = await table.member.get(f"/boards/{table.id}/export.xlsx")
    assert answer.headers["content-disposition"] == f'attachment; filename="board-{table.id}.xlsx"'
    made = (await table.member.get(f"/boards/{table.id}/export.json")).json()
    assert [entry["fields"]["amount"] for entry in made["entries"]] == [2.5]
