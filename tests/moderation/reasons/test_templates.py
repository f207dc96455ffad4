"""Reason templates: what administrators change, what moderators are offered, and which text a decision keeps."""

import asyncio
import re
from typing import Any

from msgspec import Struct

from core import clock
from moderation.reasons.reasons import Templates
from tests.support.moderation.cases import mails
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

OLD = {
    "rule": "House rules: no advertising",
    "facts": "It advertises something and adds nothing to the discussion.",
}
RULE_IN_GERMAN = {"rule": "Hausregeln: keine Werbung"}
NEW = {
    "en": {"rule": "Rule 4: no selling", "facts": "It offers goods for sale."},
    "fr": {"rule": "Règle 4 : rien à vendre", "facts": "Ce texte propose des marchandises."},
}


class Community(Struct):
    """An administrator, a moderator, and an author who reads French."""

    root: Person
    ada: Person
    author: Person

    async def change(self, key: str, version: int = 0, **change: Any) -> Any:
        given = {"texts": NEW, "version": version} | change
        return await self.root.put(f"/reasons/{key}", given)

    async def templates(self) -> dict[str, dict[str, Any]]:
        found = (await self.ada.get("/reasons")).json()["items"]
        return {one["key"]: one for one in found}

    async def hidden(self, reason: dict[str, str], *also: str) -> int:
        """Hide a post of the author with a template's reason, and return the decision; `also` are further actions."""
        topic = (await a_topic(self.ada))["id"]
        post = (await a_reply(self.author, topic, "Buy cobalt here"))["id"]
        await self.root.post(f"/posts/{post}/flags", {"reason": "spam"})
        case = (await self.ada.get("/cases")).json()["items"][0]
        given = {"version": case["version"], "action": "hide", "also": also, "reason": reason}
        decided = await self.ada.post(f"/cases/{case['id']}/decisions", given)
        assert decided.status_code == 201, decided.text
        return int(decided.json()["id"])

    async def end_undo_window(self) -> None:
        """Move all decisions and template changes into the past, so that the decisions can no longer be undone."""
        db = self.ada.service.db
        await raw_sql(db).execute("UPDATE decisions SET decided_at = decided_at - interval '20 seconds'")
        await raw_sql(db).execute(
            "UPDATE reason_templates SET changed_at = changed_at - interval '20 seconds'"
        )

    async def shown(self, decision: int, reader: Person) -> dict[str, Any]:
        found: dict[str, Any] = (await reader.get(f"/decisions/{decision}")).json()["shown"]
        return found


async def a_community(app: Service) -> Community:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    ada = await a_person(app, "Ada", duties=[("moderator", "mobility")])
    author = await a_person(app, "Author")
    await author.patch("/me/profile", {"letters_in": "fr"})
    return Community(root, ada, author)


async def test_what_comes_with_the_service_is_there_and_was_changed_by_nobody(app: Service) -> None:
    found = await (await a_community(app)).templates()

    assert list(found) == ["spam", "abusive", "off_topic", "misleading", "private", "illegal"]
    assert found["spam"]["texts"]["en"] == OLD and found["spam"]["is_offered"]
    assert {(one["version"], one["changed_at"], one["changed_by"]) for one in found.values()} == {
        (0, None, None)
    }


async def test_a_decision_keeps_the_words_it_was_made_with_and_the_next_one_has_new_ones(
    app: Service,
) -> None:
    community = await a_community(app)
    first = await community.hidden(OLD)
    await community.end_undo_window()
    changed = await community.change("spam")
    second = await community.hidden(NEW["en"])
    await community.end_undo_window()
    # A third one was made with the new words, and then those were changed as well.
    again = NEW | {"fr": {"rule": "Règle 4", "facts": "Autre chose."}}
    assert (await community.change("spam", 1, texts=again)).status_code == 200
    mails(app)
    await app.run_jobs()

    assert changed.status_code == 200 and changed.json()["changed_by"]["handle"] == community.root.handle
    assert await community.shown(first, community.author) == {
        "rule": "Règlement : pas de publicité",
        "facts": "Ce texte fait de la publicité et n’apporte rien à la discussion.",
        "language": "fr",
        "mark": "",
    }
    assert (await community.shown(second, community.author))["facts"] == NEW["fr"]["facts"]
    letters = [mail.get_content() for mail in mails(app) if community.author.handle in mail["to"]]
    assert sum("pas de publicité" in letter for letter in letters) == 1
    assert sum(NEW["fr"]["facts"] in letter for letter in letters) == 1
    assert not any("Autre chose" in letter for letter in letters)


async def test_the_log_the_queue_and_appeals_show_a_template_in_the_language_of_the_reader(
    app: Service,
) -> None:
    community = await a_community(app)
    decision = await community.hidden(OLD)
    typed = await community.hidden({"rule": "Rule 9", "facts": "It names a client of ours."})
    french = "Ce texte fait de la publicité"
    await community.end_undo_window()
    asked = await community.author.post(f"/decisions/{decision}/appeal", {"body": "It is no advertising."})
    assert asked.status_code == 201, asked.text

    log = (await community.author.get("/ledger")).json()["items"]
    (case,) = [one["case"] for one in log if one["id"] == decision]
    for page in ("/ledger?", f"/queue?state=decided&case={case}&", "/queue/appeals?"):
        shown = await open_page(community.root, f"{page}lang=fr")
        assert french in shown and OLD["facts"] not in shown, page
        assert OLD["facts"] in await open_page(community.root, f"{page}lang=en"), page
    assert {one["id"]: one["reason"]["rule"] for one in log} == {
        decision: "Règlement : pas de publicité",
        typed: "Rule 9",
    }


async def test_sanctions_the_audit_log_and_the_yearly_report_show_a_template_in_the_language_of_the_reader(
    app: Service,
) -> None:
    community = await a_community(app)
    await community.hidden(OLD, "warn")
    await community.hidden(RULE_IN_GERMAN | {"facts": "It sells cobalt."})
    await community.end_undo_window()

    french = "Ce texte fait de la publicité"
    for page in (f"/m/{community.author.handle}?", "/sanctions?", "/audit?"):
        who = community.root if page == "/audit?" else community.author
        shown = await open_page(who, f"{page}lang=fr")
        assert french in shown and OLD["facts"] not in shown, page
        assert OLD["facts"] in await open_page(who, f"{page}lang=en"), page
    year = f"/transparency/{clock.now().year}?lang="
    for tag, rule in (("fr", "Règlement : pas de publicité"), ("en", OLD["rule"])):
        shown = await open_page(community.author, year + tag)
        (count,) = re.findall(rf"{rule}</bdi></th>\s*<td[^>]*>(\d+)</td>", shown)
        assert count == "3" and RULE_IN_GERMAN["rule"] not in shown
        assert RULE_IN_GERMAN["rule"] not in await open_page(community.author, f"/ledger?lang={tag}")


def test_a_shipped_text_is_recognised_as_older_versions_wrote_it() -> None:
    stored = "Ce texte fait de la publicité et n'apporte rien à la discussion."
    found = Templates().for_reader("Règlement : pas de publicité", stored, clock.now())
    assert found is not None and {"rule": found.rule, "facts": found.facts} == OLD


async def test_a_new_one_is_read_in_english_where_it_has_no_other_words(app: Service) -> None:
    community = await a_community(app)
    own = {"en": {"rule": "Rule 7: sources", "facts": "It names no source."}}
    assert (await community.change("no_sources", texts=own)).status_code == 200
    decision = await community.hidden(own["en"])
    await community.end_undo_window()

    shown = await community.shown(decision, community.author)
    assert (shown["facts"], shown["language"]) == ("It names no source.", "en")
    assert shown["mark"], "that it is English stands beside it"


async def test_a_rule_is_read_in_the_readers_language_beside_the_moderators_own_words(app: Service) -> None:
    community = await a_community(app)
    facts = "Der Text wirbt für eine Schmelzhütte und ihre Preise."
    decision = await community.hidden({"rule": OLD["rule"], "facts": facts})
    await community.end_undo_window()

    shown = await community.shown(decision, community.author)
    assert shown["rule"] == "Règlement : pas de publicité"
    assert (shown["facts"], shown["language"]) == (facts, "de")


async def test_one_that_is_not_offered_is_kept_and_cannot_be_picked(app: Service) -> None:
    community = await a_community(app)
    texts = (await community.templates())["illegal"]["texts"]
    await community.change("illegal", texts=texts, is_offered=False)
    await community.change("no_sources")

    kept = await community.templates()
    assert not kept["illegal"]["is_offered"] and kept["illegal"]["texts"] == texts
    post = (await a_reply(community.author, (await a_topic(community.ada))["id"], "Buy cobalt here"))["id"]
    await community.root.post(f"/posts/{post}/flags", {"reason": "spam"})
    page = (await community.ada.client.get("/queue", headers={"Accept": "text/html"})).text
    offered = re.findall(r'name="template" value="(\w+)"', page)
    assert set(offered) == {"spam", "abusive", "off_topic", "misleading", "private", "no_sources"}


async def test_an_older_version_is_refused_and_the_same_again_is_the_same(app: Service) -> None:
    community = await a_community(app)
    written = "SELECT count(*) FROM audit WHERE kind = 'reasons_changed'"
    before = await raw_sql(app.db).fetchval(written)
    answers = await asyncio.gather(
        *(
            community.change("spam", texts={"en": {"rule": "Rule 4", "facts": f"It sells, says {number}."}})
            for number in range(10)
        )
    )

    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code == 412]
    assert (len(won), len(lost)) == (1, 9)
    assert {answer.json()["current"]["texts"]["en"]["facts"] for answer in lost} == {
        won[0].json()["texts"]["en"]["facts"]
    }
    same = await community.change("spam", texts=won[0].json()["texts"])
    assert same.json() == won[0].json(), "whoever sends it again has not looked at anything older"
    assert await raw_sql(app.db).fetchval(written) == before + 1


async def test_what_is_no_whole_reason_is_refused(app: Service) -> None:
    community = await a_community(app)
    for texts, code in (
        ({"fr": NEW["fr"]}, "english_missing"),
        ({}, "english_missing"),
        ({"en": {"rule": "  ", "facts": "It sells."}}, "nothing_visible"),
        ({"en": NEW["en"], "ar": {"rule": "x", "facts": "\u00a0"}}, "nothing_visible"),
    ):
        answer = await community.change("spam", texts=texts)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    for key in ("Spam", "s", "7up", "x" * 41, "spam%00"):
        assert (await community.change(key)).status_code in (400, 404, 422), key
    assert (await community.templates())["spam"]["version"] == 0
    for number in range(44):
        assert (await community.change(f"own_{number}")).status_code == 200
    assert (await community.change("one_more")).json()["code"] == "too_many_templates"


async def test_they_are_changed_on_a_page(app: Service) -> None:
    community = await a_community(app)
    here, browser = {"Accept": "text/html"}, community.root.client
    listed = await browser.get("/reasons", headers=here)
    assert listed.status_code == 200 and "House rules: no advertising" in listed.text
    on = await browser.get("/reasons?new=no_sources", headers=here)
    assert (on.status_code, on.headers["location"]) == (303, "/reasons/no_sources")
    assert (await browser.get("/reasons?new=No%20Sources", headers=here)).status_code in (400, 422)
    form = await browser.get("/reasons/spam", headers=here)
    assert "apporte rien" in form.text

    typed = {
        "version": "0",
        "rule_en": "Rule 4",
        "facts_en": "It sells.",
        "rule_de": "Regel 4",
        "is_offered": "1",
    }
    refused = await browser.post("/reasons/spam", data=typed, headers=here)
    assert refused.status_code == 422 and 'id="facts_de-wrong"' in refused.text
    assert "Regel 4" in refused.text, "what was typed stands there again"
    done = await browser.post("/reasons/spam", data=typed | {"facts_de": "Es wirbt."}, headers=here)
    assert done.status_code == 303
    assert (await community.templates())["spam"]["texts"] == {
        "en": {"rule": "Rule 4", "facts": "It sells."},
        "de": {"rule": "Regel 4", "facts": "Es wirbt."},
    }
