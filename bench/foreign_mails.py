"""What an import loses of mails that other programs wrote, beside what the standard library reads of them.

`python -m bench.foreign_mails FOLDER...`: every file of the folders is a mail or an mbox file. For each mail it is compared
which words the parts have that are text, and which address wrote it; then all mails are imported twice. Mails that differ
are listed for a look: the standard library is wrong where a header, a delimiter or an encoding is malformed.
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
from forum.archive.imports import ImportReport, import_archives
from forum.archive.mbox import NotAnArchive, split_mbox
from forum.mails.mails import Mail, parse
from storage import schema
from storage.database import connect
from storage.embedded import postgres

ENVELOPE = b"From nobody@example.org Tue Mar  3 11:11:11 2020\n"
# A text counts as lost if so many of its words are not there.
MOST_MISSING = 0.1

_WORD = re.compile(r"[^\W_]{2,}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
_BRACKETED = re.compile(r"<([^<>]*@[^<>]*)>")
_QUOTED = re.compile(r'"[^"]*"')


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


def read_with_the_standard_library(raw: bytes) -> tuple[list[list[str]], str]:
    """Return the texts of a mail, each in all its forms, and its author's address; "" if it cannot be told."""
    message = message_from_bytes(raw)
    lines = [str(value) for name, value in message.raw_items() if name.lower() == "from"]
    line = lines[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace") if lines else ""
    bracketed = _BRACKETED.findall(_QUOTED.sub("", line))
    addresses = bracketed or [address for _, address in getaddresses([line.replace(" at ", "@")])]
    address = addresses[0].replace(" at ", "@").strip().lower() if addresses else ""
    return list(_texts(message)), address if _ADDRESS.fullmatch(address) and "..." not in address else ""


def _texts(part: Message) -> Iterator[list[str]]:
    kind = part.get_content_type()
    if part.is_multipart():
        children = part.get_payload()
        assert isinstance(children, list)
        texts = [list(_texts(child)) for child in children if isinstance(child, Message)]
        if kind == "multipart/alternative":
            # Each alternative is one form, whatever it consists of.
            yield ["\n".join(text for forms in one for text in forms[:1]) for one in texts]
        elif not kind.startswith("message/") or not part.get(
            "content-transfer-encoding", "7bit"
        ).strip().startswith("b"):
            # The library does not decode enclosed mails that are encoded as a whole.
            yield from (forms for one in texts for forms in one)
        return
    if part.get_content_disposition() == "attachment" or kind not in ("text/plain", "text/html"):
        return
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        text = raw.decode(str(part.get_content_charset("utf-8")))
    except (LookupError, ValueError):
        return
    if kind == "text/html":
        page = _Words()
        page.feed(text)
        text = " ".join(page.words)
    yield [text]


def compare(file: str, raw: bytes, mail: Mail) -> list[Difference]:
    """Return how our reading of a mail differs from that of the standard library."""
    texts, address = read_with_the_standard_library(raw)
    ours = words_of("\n".join([mail.text, *(one.text for one in mail.enclosed)]))
    found = []
    for forms in texts:
        missing = [(words - ours, words.total()) for words in map(words_of, forms)]
        is_cut = any(repair.what == "cut" for repair in mail.repairs)
        if missing and not is_cut and all(gone.total() > MOST_MISSING * total for gone, total in missing):
            found.append(Difference(file, "text", " ".join(missing[0][0])[:300], mail.text[:100]))
    if address and mail.address and address != mail.address:
        found.append(Difference(file, "author", address, f"{mail.name} <{mail.address}>"))
    if address and not mail.address:
        found.append(Difference(file, "author by name only", address, mail.name))
    return found


async def import_again(url: str, archive: Path) -> ImportReport:
    """Return the report of importing what was imported before."""
    db = await connect(url, size=4)
    try:
        return await import_archives(db, "mobility", [archive])
    finally:
        await db.close()


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
            report = asyncio.run(import_again(cluster.url, archive))
    for difference in differences:
        print(
            f"  {difference.what}: {difference.file}\n    theirs {difference.theirs!r}\n    ours {difference.ours!r}"
        )
    print(
        f"  {count} mails, {imported} imported in {anew:.1f} s, again in {again:.1f} s; {empty} without text"
    )
    print(f"  {report.read} read, {report.already_there} there already, skipped {report.skipped}")
    accounted = report.imported + report.already_there + sum(report.skipped.values())
    figures = [
        Figure("mails that importing again adds", report.imported, 0, at_most=True),
        Figure("mails that the report does not account for", abs(report.read - accounted), 0, at_most=True),
        Figure(
            "mails in a hundred whose text differs",
            100 * len({d.file for d in differences if d.what == "text"}) / max(count, 1),
            2,
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
