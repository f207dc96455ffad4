"""Tests of mbox files, of messages written by many programs, and of threading."""

import gzip
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.archive.archives import Archive, read_archives
from forum.archive.mbox import NotAnArchive
from forum.mails.mails import Mail
from forum.mails.plain_text import MAX_TEXT_LENGTH
from tests.support.archives.mails import ENVELOPE, a_mail, read_mbox

QUIRKS = Path(__file__).parents[2] / "data" / "quirks.mbox"
NOW = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive() -> Archive:
    return read_archives([QUIRKS], NOW)


def the(archive: Archive, identity: str) -> tuple[Mail, str, list[str]]:
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
        "text before the first part left out": 1,
        "attachment left out": 1,
        "control character": 1,
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


def test_charsets_that_are_wrong_or_unknown_are_guessed_and_reported(archive: Archive):
    mail, text, remarks = the(archive, "c1@example.cn")
    assert (text, remarks, mail.name) == ("Café, naïve.", ["charset"], "陈")

    mail, text, remarks = the(archive, "o1@example.org")
    assert text == "No address, no subject, wrong bytes: ü, a \ufffd and \ufffd[31m."
    assert (mail.name, mail.address, mail.subject, remarks) == (
        "Müller",
        "",
        "",
        ["charset", "control character"],
    )


def test_pages_become_text_and_attachments_are_named(archive: Archive):
    _, text, remarks = the(archive, "d1@example.org")
    assert text == "Only a page.\n\n> Which one?\n\n- one\n- two\n\nSee this <https://example.org/x>."
    assert remarks == ["html only"]

    _, text, remarks = the(archive, "e1@example.org")
    assert text == "See the table, schön.\n\n[t.xls: attached to the mail, not kept here]"
    assert remarks == ["text before the first part left out", "attachment left out"]


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


@pytest.mark.parametrize(
    "line",
    [
        "From jo@example.org Tue Mar  3 11:11:11 2020",
        "From jo at example.org  Tue Mar  3 11:11:11 2020",
        "From - Tue Mar  3 11:11 2020",
        "From jo@example.org Tue Mar  3 11:11:11 CET 2020",
        "From jo@example.org Tue Mar 03 11:11:11 +0100 2020",
        "From jo@example.org Tue Mar  3 11:11:11 2020 +0100",
        "From jo@example.org Tue, 3 Mar 2020 11:11:11 +0100",
        "From 12@xxx Tue Mar  3 11:11:11 2020 remote from x",
        "From jo@example.org Di Mär  3 11:11:11 2020",
    ],
)
def test_a_full_envelope_line_begins_a_mail(tmp_path: Path, line: str):
    path = tmp_path / "a.mbox"
    path.write_bytes(
        ENVELOPE.encode() + a_mail("One") + f"\n{line}\n".encode() + a_mail("Two", id="m2@t.example")
    )
    archive = read_archives([path], NOW)

    assert [archive.text(i) for i in range(len(archive.messages))] == ["One", "Two"]


def test_a_mail_that_says_how_long_it_is_contains_what_looks_like_another_one(tmp_path: Path):
    body = f"See\n\n{ENVELOPE}From: Ann <ann@example.net>\nSubject: x\n\nHer words.\n"
    long, wrong = (
        a_mail(body.rstrip("\n"), f"Content-Length: {len(body.encode()) + more}", id=f"m{more}@x")
        for more in (0, 7)
    )
    archive = read_mbox(tmp_path, long, wrong, a_mail("End", id="end@x"))

    assert [message.name for message in archive.messages] == ["Jo", "Jo", "Ann", "Jo"]
    assert archive.text(0).endswith("Her words.")
    assert [archive.text(i) for i in (1, 2, 3)] == ["See", "Her words.", "End"]


def test_many_people_with_one_address_are_several_authors(tmp_path: Path):
    people = ["Ana López", "Ben", "Carla Ruiz", "Dana", "Eve Ono", "López, Ana"]
    mails = [
        a_mail(f"{n}.", sender=f'"{name}" <gateway@x.org>', id=f"m{n}@x") for n, name in enumerate(people)
    ]
    one_person = [
        a_mail(f"p{n}.", sender=f'"{name}" <jo@x.org>', id=f"p{n}@x")
        for n, name in enumerate(["Jo", "Jo Fox", "J. Fox", "jf", "Joanna Fox", "Fox"])
    ]
    archive = read_mbox(tmp_path, *mails, *one_person)

    assert [(m.name, m.address) for m in archive.messages[:6]] == [(name, "") for name in people]
    assert {m.address for m in archive.messages[6:]} == {"jo@x.org"}
    assert {r.what for r in archive.remarks} == {"address of many people"}


def test_line_ends_of_old_macintosh_programs_end_lines(tmp_path: Path):
    mails = b"".join(ENVELOPE.encode() + a_mail(f"Words {n}.", id=f"m{n}@x") + b"\n" for n in range(3))
    path = tmp_path / "a.mbox.gz"
    path.write_bytes(gzip.compress(mails.replace(b"\n", b"\r")))
    archive = read_archives([path], NOW)

    assert [archive.text(i) for i in range(archive.read)] == ["Words 0.", "Words 1.", "Words 2."]


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("2019-03-03T10:00:00Z", datetime(2019, 3, 3, 10, tzinfo=UTC)),
        ("2019-03-03 10:00:00", datetime(2019, 3, 3, 10, tzinfo=UTC)),
        ("Mon, 3 Mar 103 10:00:00 +0000", datetime(2003, 3, 3, 10, tzinfo=UTC)),
        ("Sun, 3 Mar 2019 10:00:00 GMT+0100", datetime(2019, 3, 3, 9, tzinfo=UTC)),
        ("Sun, 3 Mar 2019 10:00:00 -2500", datetime(2019, 3, 3, 10, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_other_forms_too(tmp_path: Path, date: str, at: datetime):
    mail = a_mail().replace(b"Tue, 3 Mar 2020 10:00:00 +0000", date.encode())

    assert read_mbox(tmp_path, mail).messages[0].at == at


def test_a_mail_without_a_header_is_a_mail(tmp_path: Path):
    archive = read_mbox(tmp_path, a_mail("One"), b"\nTwo\n", a_mail("Three", id="m3@t.example"))

    assert [archive.text(i) for i in range(len(archive.messages))] == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    "text",
    [
        "From 10:30 there is coffee, see\nhttps://example.org/agenda",
        "From 9:00 to 12:30 we discuss.\nAgenda: see below",
        "From ana@example.org\nSubject: x",
        "From the meeting on Tue Mar  3 11:11:11 2020\nAgenda: none",
        "From jo@example.org Tue Mar  3 11:11:11 2020\nis a line of an mbox file.",
        "From here 2020\nTo: nowhere",
        "From ana@example.org du bist eingeladen 3 11:11:11 2020\nSubject: x",
        "From ana@example.org Di Mär  3 11:11:11 2020\nagenda: none",
    ],
)
def test_a_line_of_text_begins_no_mail(tmp_path: Path, text: str):
    archive = read_mbox(tmp_path, a_mail(f"Hello,\n\n{text}\n\nBye"))

    assert archive.read == 1
    assert archive.text(0) == f"Hello,\n\n{text}\n\nBye".replace("jo@example.org", "jo@…").replace(
        "ana@example.org", "ana@…"
    )


def test_an_id_that_is_known_with_another_text_is_a_conflict_and_both_are_kept(tmp_path: Path):
    mails = [a_mail("First words."), a_mail("Second, quite other words."), a_mail("First  words.\n")]
    archive = read_mbox(tmp_path, *mails, a_mail("First words.", sender="Kim <kim@example.org>"))

    assert [archive.text(i) for i in range(3)] == [
        "First words.",
        "Second, quite other words.",
        "First words.",
    ]
    assert len({message.id for message in archive.messages}) == 3
    assert [(r.what, r.detail) for r in archive.remarks if not r.is_skipped] == [
        ("same message id, other text", "m1@t.example"),
        ("message id of another mail", "m1@t.example"),
    ]
    assert archive.skipped == {"the same message id again": 1}


def test_mails_of_three_authors_with_one_id_and_one_text_are_all_kept(tmp_path: Path):
    archive = read_mbox(tmp_path, *(a_mail("+1", sender=f"{name} <{name}@example.org>") for name in "abc"))

    assert len({message.id for message in archive.messages}) == 3


@pytest.mark.parametrize(
    "forged",
    [
        a_mail(
            "I resign.",
            "List-Post: <mailto:x@evil.example>",
            "X-Original-From: Ada <ada@example.org>",
            sender="x@evil.example",
        ),
        a_mail(
            f"{'-' * 70}\n\nFrom: Ada <ada@example.org>\nSubject: End\n\nI resign.\n\n{'-' * 30}\n",
            "Subject: Digest",
            sender="x-request@evil.example",
        ),
    ],
)
def test_a_list_that_is_not_that_of_the_archive_names_no_author(tmp_path: Path, forged: bytes):
    list_id = "List-Id: <sourcing.lists.example.org>"
    others = [a_mail(f"Words {n}.", list_id, id=f"o{n}@t.example") for n in range(20)]
    believed = a_mail(
        "Her words.",
        list_id,
        "X-Original-From: Ann <ann@example.net>",
        sender="Ann via Sourcing <sourcing@lists.example.org>",
        id="ann@t.example",
    )
    archive = read_mbox(tmp_path, *others, believed, forged)
    addresses = {archive.text(i): message.address for i, message in enumerate(archive.messages)}

    assert (addresses["Her words."], addresses["I resign."]) == ("ann@example.net", "")
    assert "author named by another list" in {remark.what for remark in archive.remarks}


def test_a_copy_with_the_footer_of_a_list_is_the_same_mail(tmp_path: Path):
    footer = "\n\n_______________________________________________\nSourcing mailing list\nsourcing@lists.example.org"
    archive = read_mbox(tmp_path, a_mail("Words."), a_mail("Words." + footer))

    assert archive.skipped == {"the same message id again": 1}


def test_a_mail_that_is_too_big_is_read_as_far_as_it_goes(tmp_path: Path):
    body = (
        "--B\nContent-Type: text/plain\n\nWords.\n--B\nContent-Type: image/png\n\n"
        + ("A" * 76 + "\n") * 230_000
    )
    archive = read_mbox(tmp_path, a_mail(body, "Content-Type: multipart/mixed; boundary=B"))

    assert archive.text(0).startswith("Words.")
    assert "too big" in {remark.what for remark in archive.remarks}


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


def one(folder: Path, mail: str) -> Archive:
    path = folder / "one.mbox"
    path.write_text("From x@y.org Mon Jan  5 09:00:00 2015\n" + mail + "\n")
    return read_archives([path], NOW)
