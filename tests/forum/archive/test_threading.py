"""Tests of threading: which mails become one topic, by their ids and by their subjects."""

from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from forum.archive.archives import read_archives
from forum.archive.subjects import is_reply_subject, normalize_subject, title_from_subject
from forum.archive.threading import MessageHeaders, group_into_threads
from tests.forum.processor_time import least_seconds
from tests.support.archives.mails import a_mail, read, read_mbox

QUIRKS = Path(__file__).parents[2] / "data" / "quirks.mbox"
NOW = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "bare", "answers", "title"),
    [
        ("Re: [list] Hello  World", "hello world", True, "[list] Hello  World"),
        ("[list] AW: Re[2]: Fwd: Hello World", "hello world", True, "[list] AW: Re[2]: Fwd: Hello World"),
        ("RE : Hello world", "hello world", True, "Hello world"),
        ("Hello world", "hello world", False, "Hello world"),
        ("Regarding: x", "regarding: x", False, "Regarding: x"),
        ("回复: 供应链", "供应链", True, "供应链"),
        ("答复：Re: 供应链", "供应链", True, "供应链"),
        ("RES: Reunião", "reunião", True, "Reunião"),
        ("ENC: Reunião", "reunião", True, "Reunião"),
        ("رد: المعادن", "المعادن", True, "المعادن"),
        ("إعادة توجيه: المعادن", "المعادن", True, "المعادن"),
        ("SV: VS: Koppar", "koppar", True, "VS: Koppar"),
        ("TR : Réunion", "réunion", True, "Réunion"),
        ("RV: Reunión", "reunión", True, "Reunión"),
        ("Ответ: Медь", "медь", True, "Медь"),
        ("Re: [EXTERNAL] Re: x", "x", True, "[EXTERNAL] Re: x"),
        ("Ref: contract 12", "ref: contract 12", False, "Ref: contract 12"),
        ("Réf : contrat", "réf : contrat", False, "Réf : contrat"),
        ("R: the language", "the language", True, "R: the language"),
        ("Results: x", "results: x", False, "Results: x"),
        ("Re:", "", True, "(no subject)"),
        ("RE: AW: 回复：X", "x", True, "X"),
        ("Re.: X", "x", True, "X"),
        ("Отв.: X", "x", True, "X"),
        ("VB: X", "x", True, "X"),
        ("自动回复: X", "x", True, "X"),
        ("Automatic reply: X", "x", True, "X"),
        ("***SPAM*** Re: X", "x", True, "***SPAM*** Re: X"),
        ("{Spam?} Re: X", "x", True, "{Spam?} Re: X"),
        ("[Fwd: X]", "x", True, "[Fwd: X]"),
        ("X (fwd)", "x", True, "X (fwd)"),
        ("(fwd)", "(fwd)", False, "(fwd)"),
        ("[only]", "[only]", False, "[only]"),
        ("", "", False, "(no subject)"),
    ],
)
def test_subjects(subject: str, bare: str, answers: bool, title: str):
    assert (normalize_subject(subject), is_reply_subject(subject), title_from_subject(subject)) == (
        bare,
        answers,
        title,
    )


def test_uncertain_prefixes_are_cut_from_replies_only():
    assert title_from_subject("R: la riunione", is_reply=True) == "la riunione"
    assert title_from_subject("R: la riunione") == "R: la riunione"


@pytest.mark.parametrize(
    "field",
    [
        'In-Reply-To: Message from Jo <jo@example.org> of "Tue, 03 Mar 2020" <root@t.example>',
        "In-Reply-To: <root@t.example> from Jo <jo@example.org> at Tue",
        "In-Reply-To: <root@t.example> (message from Jo)",
        "In-Reply-To: root@t.example",
        "References: gone@t.example root@t.example",
        "References: <gone@t.example>\n\t<root@t.\n example>",
        "In-Reply-To: Your message of Tue <root@t.example>",
        "References: <jo@example.org>, <root@t.example>",
        "References: <gone@t.example>\nReferences: <root@t.example>",
        "In-Reply-To: =?us-ascii?Q?=3Croot=40t=2Eexample=3E?=",
        "In-Reply-To: &lt;root@t.example&gt;",
        "In-Reply-To: <mailto:root@t.example>",
        "In-Reply-To: <root@t.example",
    ],
)
def test_the_mail_that_is_answered_is_found_however_it_is_named(tmp_path: Path, field: str):
    root = a_mail("Root.", "Subject: A root", id="root@t.example")
    answer = a_mail("Answer.", "Subject: Another", field, sender="Kim <kim@example.org>", id="a@t.example")
    messages = read_mbox(tmp_path, root, answer).messages

    assert messages[1].parents[0] == "root@t.example" or messages[1].parents == (
        "root@t.example",
        "gone@t.example",
    )
    assert "jo@example.org" not in messages[1].parents


def test_replies_of_outlook_without_ids_join_their_conversation(tmp_path: Path):
    def index(conversation: int, replies: int) -> str:
        return "Thread-Index: " + b64encode(bytes([1, conversation] * 11) + bytes(5 * replies)).decode()

    # A root, two replies, another conversation, and a reply whose conversation is not there.
    fields = [index(1, 0), index(1, 1), index(1, 2), index(2, 0), index(3, 1)]
    mails = [a_mail(f"{n}.", f"Subject: S{n}", field, id=f"m{n}@t.example") for n, field in enumerate(fields)]
    messages = read_mbox(tmp_path, *mails).messages
    woven = group_into_threads(
        [
            MessageHeaders(
                id=m.id, parents=(), subject=m.subject, at=m.at or NOW, conversation=m.conversation
            )
            for m in messages
        ]
    )

    assert [thread.order for thread in woven.threads] == [(0, 1, 2), (3,), (4,)]


@pytest.mark.parametrize("value", ["", "x", "AcXy", "????", "é", "A" * 5])
def test_a_broken_index_of_outlook_is_none(value: str):
    assert read(a_mail("x", f"Thread-Index: {value}")).conversation == ""


def test_an_id_without_brackets_is_an_id(tmp_path: Path):
    mail = a_mail().replace(b"<m1@t.example>", b"m1@t.example")

    assert read_mbox(tmp_path, mail).messages[0].id == "m1@t.example"


def test_mails_that_belong_together_become_threads():
    messages = read_archives([QUIRKS], NOW).messages
    nodes = [MessageHeaders(id=m.id, parents=m.parents, subject=m.subject, at=m.at or NOW) for m in messages]
    woven = group_into_threads(nodes)

    def ids(positions):
        return [messages[i].id.partition("@")[0] for i in positions]

    threads = [ids(thread.order) for thread in woven.threads]
    assert threads[0] == ["a1", "b1", "c1", "m1", "d1"]  # m1's clock is wrong: it comes after what it answers
    assert ["f1", "f2"] in threads
    assert ["g1", "g2"] in [sorted(thread) for thread in threads]
    assert ["g3"] in threads
    assert ["k1", "l1"] in threads  # both answer a mail that is not there
    assert ["n1"] in threads  # too late for its subject to mean anything
    assert sorted(i for thread in woven.threads for i in thread.order) == list(range(len(messages)))
    place = {mail.id: i for i, mail in enumerate(messages)}
    assert woven.parents[place["c1@example.cn"]] == place["b1@example.net"]
    assert woven.parents[place["d1@example.org"]] is None
    assert Counter(what for _, what in woven.remarks) == {
        "loop of references": 2,
        "joined by subject": 1,
        "the mail it answers is missing": 1,
    }


def test_a_missing_mail_that_comes_later_joins_its_answers():
    there = MessageHeaders(id="answer", parents=("lost",), subject="Re: x", at=NOW, topic=7)
    lost = MessageHeaders(id="lost", parents=(), subject="x", at=NOW - timedelta(days=1))
    woven = group_into_threads([lost, there], {"lost": 1})

    assert [(thread.topic, thread.order) for thread in woven.threads] == [(7, (0, 1))]
    assert woven.parents == [None, None]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 14), max_size=3),
            st.integers(0, 50),
            st.sampled_from(["", "x", "Re: x", "y"]),
        ),
        max_size=12,
    )
)
def test_any_references_at_all_make_a_forest(drawn):
    nodes = [
        MessageHeaders(
            id=str(i), parents=tuple(map(str, parents)), subject=subject, at=NOW + timedelta(days=day)
        )
        for i, (parents, day, subject) in enumerate(drawn)
    ]
    woven = group_into_threads(nodes)

    seen: list[int] = []
    for thread in woven.threads:
        for i in thread.order:
            parent = woven.parents[i]
            assert parent is None or parent in thread.order
            assert parent is None or parent in seen
            seen.append(i)
    assert sorted(seen) == list(range(len(nodes)))
    # What was done of it is found again, whatever was done: the rest is woven as if nothing had been interrupted.
    half = {i for n, thread in enumerate(woven.threads) if n % 2 for i in thread.order}
    topic_of = {i: n for n, thread in enumerate(woven.threads) for i in thread.order}
    awaited = {wanted: i for wanted, i in woven.awaited.items() if i in half}
    there = [replace(node, topic=topic_of[i] if i in half else None) for i, node in enumerate(nodes)]
    resumed = group_into_threads(there, awaited)
    assert [thread.order for thread in resumed.threads if thread.topic is None] == [
        thread.order for n, thread in enumerate(woven.threads) if not n % 2
    ]


def test_ten_thousand_mails_that_answer_each_other_are_no_matter():
    nodes = [
        MessageHeaders(id=str(i), parents=(str(i - 1),), subject="Re: x", at=NOW + timedelta(seconds=i % 7))
        for i in range(10_000)
    ]

    assert least_seconds(lambda: group_into_threads(nodes)) < 2
    woven = group_into_threads(nodes)
    assert woven.threads[0].order == tuple(range(10_000))
