"""Letters in the language of whoever gets them: every sentence in every language, with the same facts in it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from members.emails import emails
from members.emails.emails import Recipient, Sender
from members.emails.translations import LANGUAGES, _english, language_for, translations_for
from moderation.appeals import appeal_emails
from moderation.flags import report_emails
from moderation.reasons.reasons import Templates

SENDER = Sender("The Community", "https://forum.example")
SHIPPED = {"ar", "de", "en", "es", "fr", "pt", "zh"}
NOON = datetime(2031, 1, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_written_in_every_language(language: str) -> None:
    english, words = translations_for("en"), translations_for(language)
    # Nothing but facts: these are the same in all languages.
    same = {"subject", "statement.subject", "statement.done_at", "appeal_answer.text", "moment"}
    for key, text in _english().items():
        facts = dict.fromkeys(re.findall(r"%\((\w+)\)s", text), "x")
        stem, _, form = key.rpartition(".")
        if form in ("one", "other") and english.has(f"{stem}.one"):
            assert "7" in words.translate_plural(stem, 7, name="x"), key
        elif key not in same and language != "en":
            assert words.translate(key, **facts) != english.translate(key, **facts), key


def test_templates_of_reasons_are_the_same_in_every_language() -> None:
    for template in Templates().current():
        # A language that is added later shows the English reasons until somebody translates them.
        assert SHIPPED <= template.texts.keys() <= set(LANGUAGES), (
            f"{template.key} in moderation/data/reasons.json"
        )
        assert len({text.facts for text in template.texts.values()}) == len(template.texts)


def _letters(language: str) -> dict[str, emails.OutgoingEmail]:
    to = Recipient(email="a@example.org", handle="amina", letters_in=language, time_zone="Africa/Lubumbashi")
    row: dict[str, Any] = {
        "email": to.email, "handle": to.handle, "letters_in": language, "time_zone": to.time_zone,
        "reference": "r-1", "address": "https://forum.example/p/1", "received_at": NOON, "rule": "§ 1", "facts": "Öl",
        "action": "hide", "id": 1, "automated": False, "until": NOON, "sector": "Mobility", "decision_id": 1,
        "outcome": "upheld", "answer": "Indeed.", "decided_at": NOON,
    }  # fmt: skip
    made: Any = row
    known = Templates()
    actions = (
        "hide",
        "lock",
        "warn",
        "silence",
        "suspend",
        "remove",
        "withdraw",
        "move",
        "split",
        "merge",
        "duplicate",
        "something_new",
    )
    return {
        "confirm": emails.confirm_address(SENDER, to, "token"),
        "have": emails.have_account(SENDER, to),
        "leaves": emails.address_leaves(SENDER, to),
        "password": emails.new_password(SENDER, to, "token"),
        "changed": emails.password_changed(SENDER, to),
        "receipt": report_emails.compose_receipt(SENDER, made),
        "outcome": report_emails.compose_outcome(SENDER, made, known),
        "nothing": report_emails.compose_outcome(
            SENDER, made | {"action": "no_action", "rule": None, "facts": None}, known
        ),
        "escalation": report_emails.compose_escalation(SENDER, to, 1),
        "alarm": report_emails.compose_alarm(SENDER, to, 1),
        **{one: appeal_emails.compose_statement(SENDER, made | {"action": one}, known) for one in actions},
        "for ever": appeal_emails.compose_statement(SENDER, made | {"until": None, "sector": None}, known),
        "upheld": appeal_emails.compose_appeal_answer(SENDER, made),
        "reversed": appeal_emails.compose_appeal_answer(SENDER, made | {"outcome": "reversed"}),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_letter_can_be_written_in_each_language(language: str) -> None:
    english = _letters("en")
    for name, letter in _letters(language).items():
        assert letter.language == language, name
        assert "%(" not in letter.subject + letter.text, name
        assert letter.text.rstrip().endswith("https://forum.example"), name
        assert "\n\n\n" not in letter.text, name
        links = {line for line in letter.text.split() if line.startswith("https://")}
        assert links == {line for line in english[name].text.split() if line.startswith("https://")}, name
        if language != "en":
            assert letter.subject != english[name].subject and letter.text != english[name].text, name


def test_what_somebody_put_into_a_name_is_no_sentence() -> None:
    to = Recipient(email="a@example.org", handle="%(community)s")
    assert "Hello %(community)s," in emails.password_changed(SENDER, to).text


def test_without_a_choice_letters_come_in_the_communitys_language() -> None:
    to = Recipient(email="a@example.org", handle="amina")
    french = Sender("La communauté", "https://forum.example", "fr")
    assert emails.password_changed(french, to).text.startswith("Bonjour amina,")
    assert emails.password_changed(Sender("X", "https://x.example", "nl"), to).language == "en"


def test_the_community_has_its_name_in_the_language_of_the_letter() -> None:
    sender = Sender("The Community", "https://forum.example", names={"zh": "社区", "de": "Die Gemeinschaft"})
    chinese = emails.confirm_address(sender, Recipient(email="a@example.org", letters_in="zh"), "token")
    assert chinese.subject.endswith("（社区）")
    assert "有人在“社区”填写了这个地址" in chinese.text and "-- \n社区\n" in chinese.text
    german = emails.password_changed(sender, Recipient(email="a@example.org", letters_in="de"))
    assert german.subject.endswith(" (Die Gemeinschaft)")
    assert sender.name_in("fr") == "The Community"


def test_dates_are_in_the_language_and_the_time_zone() -> None:
    assert (
        translations_for("de").moment(NOON, "Africa/Lubumbashi")
        == "8. Januar 2031, 14:00 Uhr (Africa/Lubumbashi)"
    )
    assert translations_for("en").moment(NOON, "UTC").startswith("8 January 2031, 12:00")
    assert "2031年1月8日" in translations_for("zh").moment(NOON)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-CD,fr;q=0.9,en;q=0.5", "fr"),
        ("nl, pt-BR;q=0.8, en;q=0.9", "en"),
        ("zh-Hans-CN", "zh"),
        ("nl;q=1, *;q=0.1", None),
        ("ar;q=0, es;q=x, de", "de"),
        ("\xff,,,;q=,en_", None),
        ("," * 5000, None),
        ("de;q=1e0, FR ; q=0.9, en;q=0.5", "fr"),
        ("", None),
    ],
)
def test_the_browser_suggests_a_language(accepted: str, language: str | None) -> None:
    assert language_for(accepted) == language


def test_a_template_is_given_in_the_readers_language_and_own_words_are_marked() -> None:
    templates = Templates()
    english, french = templates.find("en", "abusive"), templates.find("fr", "abusive")
    assert english is not None and french is not None
    shown = templates.show(english.rule, english.facts, NOON, translations_for("fr"))
    assert shown is not None and (shown.rule, shown.facts, shown.language) == (
        french.rule,
        french.facts,
        "fr",
    )
    own = "You call the people of this village liars, although the report that you cite says the opposite."
    shown = templates.show(english.rule, own, NOON, translations_for("de"))
    assert shown is not None and (shown.facts, shown.language, shown.mark) == (
        own,
        "en",
        "[geschrieben auf Englisch]",
    )
    shown = templates.show(english.rule, own, NOON, translations_for("en"))
    assert shown is not None and shown.mark == ""
