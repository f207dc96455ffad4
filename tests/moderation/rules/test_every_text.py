"""Every text that the API takes is checked by rules when others can read it, or is named here with the reason why not."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.moderation.rules import test_published_words, test_words
from tests.support.boards import a_board
from tests.support.moderation.filters import FilteredTopic, activate_filter
from tests.support.moderation.input_texts import free_texts
from tests.support.people import Person, a_person
from tests.support.requests import GATHERING, SESSION
from tests.support.service import Service, raw_sql

WORD = "casino"
Publish = Callable[[Service, str], Awaitable[None]]
_RESERVED_FOR_ROLES = (
    "written in a role: by moderators, curators or administrators, who decide about such texts"
)
_BY_HOSTS = "written by hosts, who approve what filters hold in their rooms"
_FOR_FEW = "not public: read by its author, by moderators or by hosts"
_NO_TEXT = "no text that others read: a name to look up, a password, a token or a setting"


def _each(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


NOT_CHECKED = {
    **_each(
        _RESERVED_FOR_ROLES,
        "begin_board.form.fields.help begin_board.form.fields.label begin_board.purpose begin_board.title "
        "change_board.form.fields.help change_board.form.fields.label change_board.purpose change_board.title "
        "change_board.translations.description change_board.translations.title "
        "change_tag.about change_tag.name change_tag_group.name make_tag_group.name make_synonym.of close_topic.reason "
        "move_posts.title decide_case.text decide_case.title decide_cases.title decide_case.reason.facts "
        "decide_case.reason.rule decide_cases.reason.facts decide_cases.reason.rule dispose_entry.reason "
        "request_change.body publish_edition.note change_template.texts.facts change_template.texts.rule "
        "answer_appeal.answer reverse_decision.facts make_rule.told change_rule.told try_rule.told save_view.title "
        "publish_community_page.texts set_community_name.texts set_welcome_text.texts suspend_account.reason.facts "
        "suspend_account.reason.rule",
    ),
    **_each(
        _BY_HOSTS, "settle_question.answer settle_question.reason silence_asker.reason strike_word.reason"
    ),
    **_each(
        _FOR_FEW,
        "appeal_report.body escalate_case.body flag_file.note flag_post.note flag_profile.note flag_topic.note "
        "look_at_reporters.reason make_appeal.body make_rule.name change_rule.name try_rule.name preview.body "
        "save_draft.body save_draft.kind save_draft.owner save_draft.tags save_draft.title send_report.address "
        "send_report.name send_report.why set_bookmark.note set_timer.note write_case_note.body",
    ),
    **_each(
        _NO_TEXT,
        "assign_topic.member change_address.password change_import_options.sheet change_password.current "
        "change_password.new change_rule.test.pattern change_rule.test.phrases claim_case.member claim_gap.cell "
        "found.password found.token look_at_table.name look_at_table.options.sheet make_rule.test.pattern "
        "make_rule.test.phrases register.password request_erasure.password reset_password.password save_search.query "
        "save_view.query "
        "set_mail_wishes.time_zone sign_in.login sign_in.password try_rule.test.pattern try_rule.test.phrases "
        "verify.token change_session.speakers.handle plan_session.speakers.handle merge_author.author "
        "request_account_erasure.password save_draft.language",
    ),
    **_each("the first administrator, who has a role", "found.display_name found.handle"),
    **_each("held already, and stays held until somebody has read it", "edit_held_post.body"),
    **_each("shown where a text contains the file; that text is checked", "upload_file.name"),
}
# By the name of the verb in `test_words.py` and `test_published_words.py`, which try it.
TRIED_THERE = {
    "start_topic.title": "title",
    "start_topic.body": "topic",
    "start_topic.tags": "tags",
    "change_topic.title": "changed title",
    "change_topic.tags": "changed tags",
    "post_reply.body": "reply",
    "edit_post.body": "edit",
    "ask_question.body": "question",
    "edit_question.body": "edited question",
    "post_notice.title": "title of a notice",
    "post_notice.body": "notice",
    "change_notice.title": "changed title of a notice",
    "change_notice.body": "notice edit",
    "add_entry.fields": "entry",
    "change_entry.fields": "entry change",
    "confirm_entry.note": "note",
}


async def _register(app: Service, field: str) -> None:
    account = {"handle": "tin-trader", "email": "tin@mail.example", "password": "three unrelated words"}
    new = account | {field: f"my-{WORD}" if field == "handle" else f"My {WORD}"}
    async with app.client() as client:
        assert (await client.post("/api/v1/accounts", json=new)).status_code == 201


async def _profile(app: Service, field: str) -> None:
    member = await a_person(app)
    change = {field: f"My {WORD}", "public": ["organisation", "about"]}
    assert (await member.patch("/me/profile", change)).status_code == 200


async def _done(answer: Any) -> Any:
    assert answer.status_code in (200, 201, 204), answer.text
    return answer.json() if answer.content else None


async def _gathering(app: Service, **words: str) -> tuple[Person, int]:
    host = await a_person(app, "Jonas", duties=[("administrator", None)])
    return host, (await _done(await host.post("/gatherings", GATHERING | {"sector": "mobility"} | words)))[
        "id"
    ]


async def _room(app: Service, **words: str) -> tuple[Person, int, int]:
    host, gathering = await _gathering(app)
    new = {"title": "Main room", "body": "Ask here.", "modules": ["questions", "board", "polls"]} | words
    room = await _done(await host.post(f"/gatherings/{gathering}/rooms", new))
    await _done(await host.put(f"/rooms/{room['id']}/state", {"state": "open", "version": room["version"]}))
    await app.run_jobs()
    return host, gathering, room["id"]


async def _announce(app: Service, field: str) -> None:
    host, gathering = await _gathering(app, **{field: f"My {WORD}"})
    await _done(await host.post(f"/gatherings/{gathering}/rooms", {"title": "Main room"}))


def _change(field: str) -> dict[str, Any]:
    inner = field.removeprefix("translations.")
    translated = {"fr": {"title": "A title", inner: f"My {WORD}"}}
    return {"translations": translated} if inner != field else {field: f"My {WORD}"}


async def _change_gathering(app: Service, field: str) -> None:
    host, gathering, _ = await _room(app)
    await _done(await host.patch(f"/gatherings/{gathering}", _change(field)))


async def _plan_room(app: Service, field: str) -> None:
    await _room(app, **{field: f"My {WORD}"})


async def _change_room(app: Service, field: str) -> None:
    host, _, room = await _room(app)
    await _done(await host.patch(f"/rooms/{room}", _change(field)))


def _session(field: str) -> dict[str, Any]:
    inner = field.removeprefix("speakers.")
    speaker = {"name": "Amina", "organisation": "A mill"}
    return {"speakers": [speaker | {inner: f"My {WORD}"}]} if inner != field else _change(field)


async def _plan_session(app: Service, field: str) -> None:
    host, gathering, _ = await _room(app)
    await _done(await host.post(f"/gatherings/{gathering}/sessions", SESSION | _session(field)))


async def _change_session(app: Service, field: str) -> None:
    host, gathering, room = await _room(app)
    made = await _done(await host.post(f"/gatherings/{gathering}/sessions", SESSION | {"room": room}))
    await app.run_jobs()
    await _done(await host.patch(f"/programme/{made['id']}", _session(field)))


async def _add_column(app: Service, field: str) -> None:
    host, _, room = await _room(app)
    await _done(await host.post(f"/rooms/{room}/columns", {field: f"My {WORD}"}))


async def _change_column(app: Service, field: str) -> None:
    host, _, room = await _room(app)
    column = (await _done(await host.get(f"/rooms/{room}/columns")))["items"][0]["id"]
    await _done(await host.patch(f"/columns/{column}", {field: f"My {WORD}"}))


def _poll(field: str, word: str) -> dict[str, Any]:
    if field.startswith("settings."):
        scale = {"low": 1, "high": 5, "low_label": "No", "high_label": "Yes"}
        return {"kind": "scale", "title": "How?", "settings": scale | {field.partition(".")[2]: word}}
    plain: dict[str, Any] = {"kind": "single", "title": "What first?", "options": ["Audit", "Trace"]}
    return plain | ({"options": ["Audit", word]} if field == "options" else {field: word})


async def _open(host: Person, poll: dict[str, Any]) -> None:
    await _done(await host.put(f"/polls/{poll['id']}/state", {"state": "open", "version": poll["version"]}))


async def _draft_poll(app: Service, field: str) -> None:
    host, _, room = await _room(app)
    await _open(host, await _done(await host.post(f"/rooms/{room}/polls", _poll(field, f"My {WORD}"))))


async def _change_poll(app: Service, field: str) -> None:
    host, _, room = await _room(app)
    poll = await _done(await host.post(f"/rooms/{room}/polls", _poll(field, "Nothing")))
    change = _poll(field, f"My {WORD}")
    change.pop("kind")
    await _open(host, await _done(await host.patch(f"/polls/{poll['id']}", change)))


async def _outdate(app: Service, field: str) -> None:
    table = await a_board(app)
    entry = await table.add("Tin")
    other = await a_person(app, "Other")
    await _done(await other.put(f"/entries/{entry['id']}/outdating", {field: f"It is a {WORD} now."}))


VERBS: dict[str, Publish] = {
    "register": _register,
    "change_profile": _profile,
    "announce_gathering": _announce,
    "change_gathering": _change_gathering,
    "plan_room": _plan_room,
    "change_room": _change_room,
    "plan_session": _plan_session,
    "change_session": _change_session,
    "add_column": _add_column,
    "change_column": _change_column,
    "draft_poll": _draft_poll,
    "change_poll": _change_poll,
    "outdate_entry": _outdate,
}
# The words of ballots are struck and not reported; `test_words_of_polls_are_struck` tries them.
STRUCK = {"set_ballot.answer"}
TRIED_HERE = sorted(
    name for name in free_texts() if name.partition(".")[0] in VERBS and name not in NOT_CHECKED
)


def test_every_text_is_tried_or_has_a_reason() -> None:
    tried = {*TRIED_HERE, *TRIED_THERE, *STRUCK}
    assert free_texts() == tried | NOT_CHECKED.keys()
    assert not tried & NOT_CHECKED.keys()
    assert set(TRIED_THERE.values()) <= test_words.VERBS.keys() | test_published_words.VERBS.keys()


@pytest.fixture
async def everywhere(app: Service, filtered: FilteredTopic) -> int:
    """A filter that applies everywhere, also to profiles; return its id."""
    administrator = await a_person(app, "Root", duties=[("administrator", None)])
    return await activate_filter(app, administrator, sector=None)


@pytest.mark.parametrize("name", TRIED_HERE)
async def test_what_others_can_read_is_checked(app: Service, everywhere: int, name: str) -> None:
    operation, _, field = name.partition(".")
    await VERBS[operation](app, field)
    await app.run_jobs()

    found = "SELECT count(*) FROM rule_matches WHERE rule_id = $1 AND CAST(passages AS text) LIKE '%casino%'"
    assert await raw_sql(app.db).fetchval(found, everywhere) == 1
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM cases WHERE state = 'open'") == 1


async def test_moderators_see_why_a_profile_was_reported_and_decide_once(
    app: Service, filtered: FilteredTopic, everywhere: int
) -> None:
    member = await a_person(app)
    change = {"about": f"Try my {WORD}", "public": ["about"]}
    await member.patch("/me/profile", change)
    await app.run_jobs()
    case = await filtered.case()
    assert case["object"] == {"kind": "profile", "id": member.id}
    [match] = case["matches"]
    assert (match["action"], match["passages"][0]["match"]) == ("flag", WORD)

    await filtered.decide("no_action")
    # The same words are not reported again, other words are.
    await member.patch("/me/profile", {"display_name": "Amina B."})
    await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM cases WHERE state = 'open'") == 0
    await member.patch("/me/profile", {"about": f"The best {WORD} in town"})
    await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM cases WHERE state = 'open'") == 1


async def test_words_of_polls_are_struck_and_hosts_restore_them(app: Service, everywhere: int) -> None:
    host, _, room = await _room(app)
    new = {"kind": "words", "title": "What first?", "settings": {"most": 3}, "reveals": "live"}
    poll = await _done(await host.post(f"/rooms/{room}/polls", new))
    await _open(host, poll)
    path = f"/polls/{poll['id']}"
    amina, jonas = await a_person(app), await a_person(app)

    async def shown() -> str:
        return str(await _done(await amina.get(f"{path}/results")))

    await _done(await amina.put(f"{path}/ballot", {"answer": ["Casino", "audits"]}))
    assert "audits" in await shown()
    assert "Casino" not in await shown()
    await _done(await host.delete(f"{path}/struck/Casino"))
    await _done(await jonas.put(f"{path}/ballot", {"answer": ["Casino"]}))
    assert "Casino" in await shown()
