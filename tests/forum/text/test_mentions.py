"""Tests of mentions and references: recognised beside every script, and not in quotations, addresses, paths and code."""

import pytest

from forum.text.markdown import Reference, render
from forum.text.mentions import uncertain_handles
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

LENGTH = 20_000


async def inbox_of(person: Person) -> list[tuple[str, int]]:
    return [(item["kind"], item["post"]) for item in (await person.get("/inbox")).json()["items"]]


@pytest.mark.parametrize(
    "text",
    [
        "@bob",
        "@Bob, yes",
        "thanks @bob.",
        "(@bob)",
        "“@bob”",
        '"@bob"',
        "<@bob>",
        "**@bob**",
        "_@bob_",
        "cc:@bob",
        "cc: @bob/ ",
        ".@bob",
        "-@bob",
        "@bob's claim",
        "@bob: see below",
        "@bob. Thanks",
        "@bob.Thanks",
        "@bob…",
        "@bob- yes",
        "\u4f60\u597d@bob\u4f60\u597d",
        "\u8bf7\u95ee\uff20bob\uff0c",
        "\u3053\u3093\u306b\u3061\u306f@bob\u3055\u3093",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35@bob\u0e04\u0e23\u0e31\u0e1a",
        "\u1798@bob\u1798",
        "\uc548\ub155@bob\ub2d8",
        "\u0648@bob\u060c",
        "\u05dc@bob",
        "@bob\u2014@bob",
        "and / @bob",
        "a & @bob",
        "\\> @bob",
        "# @bob",
        "- @bob",
        "| a |\n|-|\n| @bob |",
    ],
)
def test_a_mention_is_recognised_beside_every_script_and_mark(text: str) -> None:
    rendered = render(text)

    assert rendered.mentions == ("bob",)
    assert 'href="/m/bob" class="mention"' in rendered.html


@pytest.mark.parametrize(
    "text",
    [
        "@bob/package",
        "`@bob`",
        "@bob/package@1.2.3",
        "node_modules/@bob/x",
        "/home/@bob",
        "C:\\\\users\\\\@bob",
        "@bob\\\\x",
        "see https://example.org/@bob",
        "https://example.org/a/@bob/1",
        "ftp://@bob:21/x",
        "alice@bob",
        "alice.@bob",
        "alice+@bob",
        "\u00e9l\u00e8ve@bob",
        "\u0438\u0432\u0430\u043d@bob",
        "alice@bob.example",
        "@bob@example.org",
        "@bob:example.org",
        "@bob.example.org",
        "@bob.example",
        "@@bob",
        "key=@bob",
        "#@bob",
        "@bobby-and-a-name-that-is-too-long-for-a-handle",
        "@-bob",
        "@_bob",
        "[@bob](https://example.org)",
        "```\n@bob\n```",
        "    @bob",
        "<span title='@bob/x'>",
    ],
)
def test_addresses_paths_and_code_are_no_mentions(text: str) -> None:
    rendered = render(text)

    assert rendered.mentions == ()
    assert "mention" not in rendered.html


@pytest.mark.parametrize(
    "text",
    [
        "> @bob said so yesterday\n\nI agree.",
        "> > @bob",
        "> - @bob\n>\n>   @bob",
        "> | a |\n> |-|\n> | @bob |",
        "- > @bob\n\nYes",
        "> lazy\n@bob",
    ],
)
def test_a_handle_in_a_quotation_leads_to_its_member_and_is_no_mention(text: str) -> None:
    rendered = render(text)

    assert rendered.mentions == () and "mention" not in rendered.html
    assert '<a href="/m/bob" rel=' in rendered.html


def test_after_a_quotation_a_mention_counts() -> None:
    assert render("> @bob said so\n\n@ana, is it so?\n\n> @carl").mentions == ("ana",)


def test_two_mentions_are_joined_by_a_slash_and_paths_go_on_behind_text() -> None:
    assert render("@ana/@bob and @carl/x").mentions == ("ana", "bob")


def test_a_handle_ends_where_the_script_changes() -> None:
    assert render(
        "@\u674e\u660e\u5149bob @\u0645\u0631\u064a\u0645ok @zo\u00eb\u5149 @b2b\u3055\u3093"
    ).mentions == (
        "\u674e\u660e\u5149",
        "\u0645\u0631\u064a\u0645",
        "zo\u00eb",
        "b2b",
    )


def test_references_stand_beside_scripts_without_spaces() -> None:
    rendered = render("\u89c1#3\u53f7\uff0c\u89c1/t/812\u3002 abc#4 #5x x/t/9", topic=7)

    assert rendered.links == (Reference(7, 3), Reference(812))


def test_hostile_runs_of_mentions_are_taken_in_one_pass() -> None:
    for text in (
        "@a-",
        "@@",
        "//@bob",
        "@bob/",
        "a.@",
        "@" + "\u4e2d" * 40,
        "\u4e2d@bob",
        "#1\u4e2d",
        "/t/1\u4e2d",
    ):
        render(text * (LENGTH // len(text)), topic=7)


async def test_who_is_named_in_a_quotation_is_not_told_again(app: Service) -> None:
    amina, bob = await a_person(app), await a_person(app, "Bob")
    topic = (await a_topic(amina))["id"]
    quoting = await a_reply(amina, topic, f"> @{bob.handle} said so yesterday\n\nI agree.")
    preview = await amina.post("/previews", {"body": f"> @{bob.handle}", "draft": f"topic:{topic}"})
    await app.run_jobs()
    assert await inbox_of(bob) == [] and preview.json()["told"] == []

    changed = await amina.patch(
        f"/posts/{quoting['id']}", {"body": f"@{bob.handle} said so"}, headers={"If-Match": '"1"'}
    )
    await app.run_jobs()

    assert changed.status_code == 200
    assert await inbox_of(bob) == [("mentioned", quoting["id"])]


def test_in_scripts_without_spaces_the_longest_handle_of_a_member_is_meant() -> None:
    text = "\u8bf7@\u674e\u660e\u770b\uff0c@bob\u660e\u4f60\u597d @\ubbfc\uc218\ub2d8 @ana"

    assert {"\u674e\u660e", "\u674e\u660e\u770b", "bob\u660e", "\ubbfc\uc218"} <= set(uncertain_handles(text))
    assert "ana" not in uncertain_handles(text)
    assert render(text, handles={"\u674e\u660e", "bob\u660e", "\ubbfc\uc218"}).mentions == (
        "\u674e\u660e",
        "bob\u660e",
        "\ubbfc\uc218",
        "ana",
    )
    assert render(text).mentions == ("\u674e\u660e\u770b", "bob", "\ubbfc\uc218\ub2d8", "ana")


def test_vowel_signs_belong_to_a_handle() -> None:
    assert render("@\u0938\u0940\u092e\u093e, @\u0e17\u0e35\u0e48").mentions == (
        "\u0938\u0940\u092e\u093e",
        "\u0e17\u0e35\u0e48",
    )


def test_candidates_are_bounded() -> None:
    assert len(uncertain_handles("@" + "\u4e2d" * LENGTH)) == 29
    assert len(uncertain_handles("".join(f"@{n}\u4e2d\u6587\u5b57 " for n in range(3_000)))) == 1_000


async def test_a_member_is_told_though_the_text_goes_on_behind_the_handle(app: Service) -> None:
    amina, bob = await a_person(app), await a_person(app, "\u674e\u660e")
    await raw_sql(app.db).execute("UPDATE members SET handle = $1 WHERE id = $2", "\u674e\u660e", bob.id)
    topic = (await a_topic(amina))["id"]
    body = "\u4f60\u597d@\u674e\u660e\u4f60\u597d"

    preview = (await amina.post("/previews", {"body": body, "draft": f"topic:{topic}"})).json()
    answer = await a_reply(amina, topic, body)
    await app.run_jobs()

    assert [one["handle"] for one in preview["told"]] == ["\u674e\u660e"]
    assert '">@\u674e\u660e</a>\u4f60\u597d' in answer["html"]
    assert await inbox_of(bob) == [("mentioned", answer["id"])]
