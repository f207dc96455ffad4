"""What an import loses of mails that other programs wrote, beside what the standard library reads of them.

`python -m bench.foreign_mails FOLDER...`: every file of the folders is a mail or an mbox file. For each mail it is compared
which words the parts have that are text, and which address wrote it; then all mails are imported twice. Mails that differ
are listed for a look: the standard library is wrong where a header or a delimiter is malformed.
"""

import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from pathlib import Path

from msgspec import Struct

from bench.harness.figures import Figure, conclude, heading
from bench.import_rate import import_anew
from forum.archive.mbox import NotAnArchive, split_mbox
from forum.mails.mails import Mail, parse
from storage import schema
from storage.embedded import postgres

ENVELOPE = b"From nobody@example.org Tue Mar  3 11:11:11 2020\n"
# A text counts as lost if so many of its words are not there.
MOST_MISSING = 0.1

_WORD = re.compile(r"[^\W_]{2,}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")


class Difference(Struct, frozen=True):
    """A mail that two readers read differently."""

    file: str
    what: str
    theirs: str
    ours: str


class _Words(HTMLParser):
    # The words of a page, with those of no script, style or title.
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.unseen += tag in ("script", "style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in ("script", "style", "title")))

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.append(data)


def mails_in(folders: list[Path]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the file, the envelope line and the bytes of each mail."""
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes().lstrip(b"\r\n")
        if data.startswith(b"From "):
            with path.open("rb") as file:
                try:
                    for n, (line, mail, _) in enumerate(split_mbox(file), 1):
                        yield f"{path.name}#{n}", line, mail
                except NotAnArchive:
                    continue
        else:
            yield path.name, ENVELOPE, data


def words_of(text: str) -> Counter[str]:
    """Return the words of a text, without addresses, which are shortened when they are stored."""
    return Counter(_WORD.findall(_ADDRESS.sub(" ", text).casefold()))


def read_with_the_standard_library(raw: bytes) -> tuple[list[str], str | None]:
    """Return the texts of a mail, one for each set of alternatives, and its author's address; None if it has no From."""
    message = message_from_bytes(raw)
    lines = [str(value) for name, value in message.raw_items() if name.lower() == "from"]
    line = lines[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace") if lines else ""
    addresses = [address for _, address in getaddresses([line]) if "@" in address]
    return list(_texts(message)), (addresses or [""])[0].lower() if lines else None


def _texts(part: Message) -> Iterator[str]:
    if part.is_multipart():
        children = part.get_payload()
        assert isinstance(children, list)
        texts = [list(_texts(child)) for child in children if isinstance(child, Message)]
        if part.get_content_type() == "multipart/alternative":
            texts = [min((one for one in texts if one), key=lambda one: len("".join(one)), default=[])]
        yield from (text for one in texts for text in one)
        return
    if part.get_content_disposition() == "attachment" or part.get_content_type() not in (
        "text/plain",
        "text/html",
    ):
        return
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        text = raw.decode(str(part.get_content_charset("utf-8")))
    except (LookupError, ValueError):
        return
    if part.get_content_type() == "text/html":
        page = _Words()
        page.feed(text)
        text = " ".join(page.words)
    yield text


def compare(file: str, raw: bytes, mail: Mail) -> list[Difference]:
    """Return how our reading of a mail differs from that of the standard library."""
    texts, address = read_with_the_standard_library(raw)
    ours = words_of("\n".join([mail.text, *(one.text for one in mail.enclosed)]))
    found = []
    for text in texts:
        words = words_of(text)
        missing = words - ours
        if missing.total() > MOST_MISSING * words.total() and not any(r.what == "cut" for r in mail.repairs):
            found.append(Difference(file, "text", " ".join(missing)[:300], mail.text[:100]))
    if address is not None and address != mail.address:
        found.append(Difference(file, "author", address, f"{mail.name} <{mail.address}>"))
    return found


def main(arguments: list[str]) -> int:
    """Compare, import twice, print, judge."""
    heading("Mails that other programs wrote")
    now = datetime.now(UTC)
    differences: list[Difference] = []
    slowest = 0.0
    count = empty = 0
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "all.mbox"
        with archive.open("wb") as file:
            for source, line, raw in mails_in([Path(folder) for folder in arguments]):
                start = time.thread_time()
                mail = parse(line.decode("latin-1"), raw, now)
                slowest = max(slowest, time.thread_time() - start)
                count += 1
                empty += mail.text.startswith("[This mail had no text.]")
                differences += compare(source, raw, mail)
                escaped = re.sub(rb"^(>*From )", rb">\1", raw, flags=re.M).rstrip(b"\r\n")
                file.write((line if line.endswith(b"\n") else line + b"\n") + escaped + b"\n\n")
        with postgres.start(Path(name) / "data") as cluster:
            asyncio.run(schema.migrate(cluster.url, cluster.owner_url))
            anew, again, imported = asyncio.run(import_anew(cluster.url, [archive]))
    for difference in differences:
        print(
            f"  {difference.what}: {difference.file}\n    theirs {difference.theirs!r}\n    ours {difference.ours!r}"
        )
    print(
        f"  {count} mails, {imported} imported in {anew:.1f} s, again in {again:.1f} s; {empty} without text"
    )
    figures = [
        Figure(
            "mails whose text differs",
            len({d.file for d in differences if d.what == "text"}),
            0,
            at_most=True,
        ),
        Figure(
            "mails whose author differs",
            len({d.file for d in differences if d.what == "author"}),
            0,
            at_most=True,
        ),
        Figure("seconds for the slowest mail", slowest, 1, at_most=True),
    ]
    return conclude("foreign_mails", figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
