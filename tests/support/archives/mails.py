"""Mails for tests, written as bytes, and what was read of them."""

from datetime import UTC, datetime
from pathlib import Path

from forum.archive.archives import Archive, read_archives
from forum.mails.mails import Mail, parse

NOW = datetime(2021, 1, 1, tzinfo=UTC)
HTML = "Content-Type: text/html; charset=utf-8"
ENVELOPE = "From nobody@example.org Tue Mar  3 11:11:11 2020\n"


def a_mail(
    body: str | bytes = "Words.", *fields: str, sender: str = "Jo <jo@example.org>", id: str = "m1@t.example"
) -> bytes:
    """Return the bytes of a mail with these further header fields."""
    head = "\n".join(
        [
            f"From: {sender}",
            "Date: Tue, 3 Mar 2020 10:00:00 +0000",
            f"Message-ID: <{id}>",
            *([] if any(field.startswith("Subject:") for field in fields) else ["Subject: About copper"]),
            *fields,
        ]
    )
    content = body if isinstance(body, bytes) else body.encode()
    return head.encode("utf-8", "surrogateescape") + b"\n\n" + content + b"\n"


def read(raw: bytes) -> Mail:
    """Return what is read of a mail."""
    return parse("", raw, NOW)


def read_mbox(folder: Path, *mails: bytes, name: str = "a.mbox") -> Archive:
    """Return the archive of these mails in one mbox file."""
    path = folder / name
    path.write_bytes(b"".join(ENVELOPE.encode() + mail + b"\n" for mail in mails))
    return read_archives([path], NOW)


def whats(mail: Mail) -> list[str]:
    """Return what the repairs of a mail are."""
    return [repair.what for repair in mail.repairs]


def parts(*contents: str, boundary: str = "B") -> str:
    """Return a multipart body; each part begins with its header."""
    return "".join(f"--{boundary}\n{content}\n" for content in contents) + f"--{boundary}--\n"


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8{more}\n\n{text}"


def html(text: str) -> str:
    return f"{HTML}\n\n{text}"
