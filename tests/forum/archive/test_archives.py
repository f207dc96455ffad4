"""Tests of mbox files, of messages written by many programs, and of threading."""

import gzip
import time
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from forum.archive.archives import Archive, NotAnArchive, read_archives
from forum.archive.html_to_text import html_to_text
from forum.archive.messages import MAX_TEXT_LENGTH, ArchivedMessage
from forum.archive.threading import (
    MessageHeaders,
    group_into_threads,
    is_reply_subject,
    normalize_subject,
    title_from_subject,
)

QUIRKS = Path(__file__).parents[2] / "data" / "quirks.mbox"
NOW = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive() -> Archive:
    return read_archives([QUIRKS], NOW)


def the(archive: Archive, identity: str) -> tuple[ArchivedMessage, str, list[str]]:
    """Return a message of the archive, its text and the repairs in its remarks."""
    i = next(i for i, mail in enumerate(archive.messages) if mail.id == identity)
    return (
        archive.messages[i],
        archive.text(i),
        [r.what for r in archive.remarks if r.id == identity and not r.is_skipped],
    )


def test_every_mail_is_accounted_for(archive: Archive):
    assert archive.read == 20 == len(archive.messages) + sum(archive.skipped.values())
    assert archive.skipped == {"the same message id again": 1}
    assert Counter(remark.what for remark in archive.remarks) == {
        "charset": 2,
        "html only": 1,
        "attachment left out": 1,
        "no date": 3,
        "the same message id again": 1,
        "message id of another mail": 1,
        "no message id": 1,
        "empty": 1,
    }
    assert all(mail.at for mail in archive.messages)


def test_lines_that_begin_with_from_do_not_divide_a_mail(archive: Archive):
    mail, text, _ = the(archive, "a1@example.org")

    assert (mail.name, mail.address) == ("Ana López", "ana@example.org")
    assert mail.at == datetime(2015, 1, 5, 8, tzinfo=UTC)
    assert text == (
        "Which one?\n\nFrom the report: nothing.\n\nFrom here on it is unclear.\nFrom 2014 to 2015\n\n-- \nAna"
    )


def test_obfuscated_addresses_are_read_and_addresses_in_texts_are_shortened(archive: Archive):
    mail, text, _ = the(archive, "b1@example.net")

    assert (mail.name, mail.address) == ("Ben Okri", "ben@example.net")
    assert "Ana <ana@…> wrote:" in text
    assert "carla@…." in text
    assert "example.com" not in text
    assert the(archive, "l1@example.org")[0].name == "lou"


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ("Ana <a@b.org>", "Ana", "a@b.org"),
        ('"López, Ana" <A@B.ORG>', "López, Ana", "a@b.org"),
        ("a@b.org (Ana)", "Ana", "a@b.org"),
        ("a at b.org (Ana)", "Ana", "a@b.org"),
        ("a [at] b [dot] org", "a", "a@b.org"),
        ("Ana <a at b dot org>", "Ana", "a@b.org"),
        ("Ana <an...@b.org>", "Ana", "an...@b.org"),
        ("Ana", "Ana", ""),
        ("", "x", "x@y.org"),
        ("<>", "somebody unknown", ""),
        ("\u202eana <a@b.org>", "ana", "a@b.org"),
    ],
)
def test_authors_are_found_in_whatever_form_they_come(tmp_path: Path, header: str, name: str, address: str):
    mail = one(tmp_path, f"From: {header}\nSubject: s\n\nt\n").messages[0]

    assert (mail.name, mail.address) == (name, address)


def test_charsets_that_are_wrong_or_unknown_are_guessed_and_reported(archive: Archive):
    mail, text, remarks = the(archive, "c1@example.cn")
    assert (text, remarks, mail.name) == ("Café, naïve.", ["charset"], "陈")

    mail, text, remarks = the(archive, "o1@example.org")
    assert text == "No address, no subject, wrong bytes: ü, a  and [31m."
    assert (mail.name, mail.address, mail.subject, remarks) == ("Müller", "", "", ["charset"])


def test_pages_become_text_and_attachments_are_named(archive: Archive):
    _, text, remarks = the(archive, "d1@example.org")
    assert text == "Only a page.\n\n> Which one?\n\n- one\n- two\n\nSee this <https://example.org/x>."
    assert remarks == ["html only"]

    _, text, remarks = the(archive, "e1@example.org")
    assert text == "See the table, schön.\n\n[t.xls: attached to the mail, not kept here]"
    assert remarks == ["attachment left out"]


def test_dates_come_from_the_line_above_or_from_the_neighbours(archive: Archive):
    above, neighbour, future = (
        the(archive, i)[0].at for i in ("f1@example.org", "f2@example.org", "p1@example.org")
    )

    assert above == neighbour == datetime(2015, 1, 10, 10, tzinfo=UTC)
    assert future == datetime(2015, 6, 30, 17, tzinfo=UTC)


def test_a_mail_without_an_id_gets_the_same_one_each_time(archive: Archive):
    again = read_archives([QUIRKS], NOW)

    assert [mail.id for mail in archive.messages] == [mail.id for mail in again.messages]
    assert len({mail.id for mail in archive.messages}) == len(archive.messages)


def test_gzipped_is_the_same_and_damage_is_reported(tmp_path: Path, archive: Archive):
    data = gzip.compress(QUIRKS.read_bytes())
    (tmp_path / "a.mbox.gz").write_bytes(data)
    (tmp_path / "b.mbox.gz").write_bytes(data[: len(data) // 2])

    assert [m.id for m in read_archives([tmp_path / "a.mbox.gz"], NOW).messages] == [
        m.id for m in archive.messages
    ]
    damaged = read_archives([tmp_path / "b.mbox.gz"], NOW)
    assert damaged.skipped["the file is damaged from here on"] == 1
    assert damaged.read == len(damaged.messages) + sum(damaged.skipped.values())


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x7fELF\0", b"Subject: x\n\ny"])
def test_other_files_are_refused(tmp_path: Path, content: bytes):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(NotAnArchive):
        read_archives([tmp_path / "x"], NOW)


def test_too_long_texts_are_cut_and_say_so(tmp_path: Path):
    archive = one(tmp_path, "Subject: long\nMessage-ID: <x@y>\n\n" + "word " * 30_000)

    assert archive.text(0).startswith("word " * 100)
    assert archive.text(0).endswith("[This mail was longer: 50000 more characters were left out.]")
    assert len(archive.text(0)) < MAX_TEXT_LENGTH + 100
    assert {remark.what for remark in archive.remarks} == {"no date", "cut"}


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_whatever_a_mail_consists_of_it_is_read_or_reported(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes
):
    path = tmp_path_factory.mktemp("any") / "x.mbox"
    path.write_bytes(b"From x Mon Jan  5 09:00:00 2015\n" + head + b"\n\n" + body)
    archive = read_archives([path], NOW)

    assert archive.read == len(archive.messages) + sum(archive.skipped.values())
    for i in range(len(archive.messages)):
        assert (
            "\0"
            not in archive.text(i)
            + archive.messages[i].subject
            + archive.messages[i].name
            + archive.messages[i].id
        )


def test_an_archive_of_any_size_needs_little_memory(tmp_path: Path):
    mail = (
        "From x@y.org Mon Jan  5 09:00:00 2015\nSubject: s\nMessage-ID: <{}@y>\n\n"
        + "a line of it\n" * 4_000
        + "\n"
    )
    with gzip.open(tmp_path / "big.mbox.gz", "wt", compresslevel=1) as file:
        for i in range(120):
            file.write(mail.format(i))

    tracemalloc.start()
    archive = read_archives([tmp_path / "big.mbox.gz"], NOW)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(archive.messages) == 120
    assert most < 2_500_000  # of 11 MB


def test_pages_that_are_hostile_take_no_time():
    start = time.thread_time()
    for unit in (
        "<blockquote>",
        "<a href='https://x.org'>",
        "<",
        "<!--",
        "<p>",
        "<table><td>",
        "&amp;",
        "<![CDATA[",
    ):
        html_to_text((unit * 5_000)[:50_000])
    assert time.thread_time() - start < 5


@pytest.mark.parametrize(
    ("subject", "bare", "answers", "title"),
    [
        ("Re: [list] Hello  World", "hello world", True, "[list] Hello  World"),
        ("[list] AW: Re[2]: Fwd: Hello World", "hello world", True, "[list] AW: Re[2]: Fwd: Hello World"),
        ("RE : Hello world", "hello world", True, "Hello world"),
        ("Hello world", "hello world", False, "Hello world"),
        ("Regarding: x", "regarding: x", False, "Regarding: x"),
        ("Re:", "", True, "(no subject)"),
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


def test_mails_that_belong_together_become_threads(archive: Archive):
    messages = archive.messages
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
    start = time.thread_time()
    woven = group_into_threads(nodes)

    assert time.thread_time() - start < 2
    assert woven.threads[0].order == tuple(range(10_000))


def one(folder: Path, mail: str) -> Archive:
    path = folder / "one.mbox"
    path.write_text("From x@y.org Mon Jan  5 09:00:00 2015\n" + mail + "\n")
    return read_archives([path], NOW)
