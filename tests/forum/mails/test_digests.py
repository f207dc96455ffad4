"""Tests of digests: their mails become mails of their own, with their authors."""

from pathlib import Path

import pytest

from tests.support.archives.mails import a_mail, read_mbox

DIGEST = "Subject: Sourcing Digest, Vol 1, Issue 2"
FROM_LIST = "sourcing-request@lists.example.org"
PARTS = """--B
Content-Type: text/plain

Today: one, two

--B
Content-Type: multipart/digest; boundary="C"

--C

From: Ann <ann@example.net>
Subject: One
Message-ID: <in1@t.example>
Date: Tue, 3 Mar 2020 09:00:00 +0000

First words.

--C

From: Ben <ben@example.net>
Subject: Re: One
Message-ID: <in2@t.example>
In-Reply-To: <in1@t.example>

Second words.

--C--
--B--
"""
PLAIN = f"""Send Sourcing mailing list submissions to
\tsourcing@lists.example.org

Today's Topics:

   1. One (Ann)


{"-" * 70}

Message: 1
Date: Tue, 3 Mar 2020 09:00:00 +0000
From: Ann <ann@example.net>
Subject: One
Message-ID: <in1@t.example>
Content-Type: text/plain; charset="utf-8"

First words.
{"-" * 30}
Still hers.

{"-" * 30}

Message: 2
From: Ben <ben@example.net>
Subject: Two

Second words.

{"-" * 30}

Subject: Digest Footer

_______________________________________________
Sourcing mailing list

{"-" * 30}

End of Sourcing Digest, Vol 1, Issue 2
**************************************
"""
MIXED = 'Content-Type: multipart/mixed; boundary="B"'


def test_the_mails_of_a_digest_in_parts_are_mails_of_their_authors(tmp_path: Path):
    archive = read_mbox(tmp_path, a_mail(PARTS, DIGEST, MIXED, sender=FROM_LIST))

    assert [(m.name, m.address, m.subject, m.parents) for m in archive.messages[1:]] == [
        ("Ann", "ann@example.net", "One", ()),
        ("Ben", "ben@example.net", "Re: One", ("in1@t.example",)),
    ]
    assert [archive.text(i) for i in (1, 2)] == ["First words.", "Second words."]
    assert "Today: one, two" in archive.text(0)
    assert "- One (Ann, 2020-03-03 09:00 UTC)" in archive.text(0)
    assert archive.messages[2].at == archive.messages[0].at
    assert archive.read == 3


def test_the_mails_of_a_digest_in_plain_text_are_mails_of_their_authors(tmp_path: Path):
    archive = read_mbox(tmp_path, a_mail(PLAIN, DIGEST, sender=FROM_LIST))

    assert [(m.address, m.subject, archive.text(i)) for i, m in enumerate(archive.messages)] == [
        ("ann@example.net", "One", f"First words.\n{'-' * 30}\nStill hers."),
        ("ben@example.net", "Two", "Second words."),
    ]
    # Nothing but the list's own words stood above them.
    assert archive.skipped == {"digest divided into its mails": 1}
    assert archive.read == 3


def test_the_last_words_of_a_mail_are_no_footer_of_the_digest(tmp_path: Path):
    rule = "-" * 30
    body = PLAIN.replace("Second words.", f"Second words.\n{rule}\nEnd of the story:\nall is well.").replace(
        "End of Sourcing Digest", "Ende Sourcing Nachrichtensammlung"
    )
    archive = read_mbox(tmp_path, a_mail(body, DIGEST, sender=FROM_LIST))

    assert archive.text(1) == f"Second words.\n{rule}\nEnd of the story:\nall is well."


@pytest.mark.parametrize(("body", "fields"), [(PARTS, [MIXED]), (PLAIN, [])])
def test_nobody_writes_as_somebody_else_through_a_digest(tmp_path: Path, body: str, fields: list[str]):
    archive = read_mbox(tmp_path, a_mail(body, DIGEST, *fields, sender="Mallory <mallory@evil.example>"))

    assert {m.address for m in archive.messages} <= {"mallory@evil.example", ""}
    assert {"Ann", "Ben"} <= {m.name for m in archive.messages}


def test_mails_that_a_person_encloses_stay_in_the_mail(tmp_path: Path):
    archive = read_mbox(tmp_path, a_mail(PARTS, "Subject: Fw: two mails", MIXED))

    assert len(archive.messages) == 1
    for said in ("Today: one, two", "From: Ann", "First words.", "From: Ben", "Second words."):
        assert said in archive.text(0)


def test_the_copy_in_a_digest_is_merged_with_the_mail_itself(tmp_path: Path):
    ann = a_mail("First words.", "Subject: One", sender="Ann <ann@example.net>", id="in1@t.example")
    archive = read_mbox(tmp_path, a_mail(PARTS, DIGEST, MIXED, sender=FROM_LIST), ann)

    assert [m.subject for m in archive.messages].count("One") == 1
    assert archive.skipped == {"the same message id again": 1}
