"""Reader for mailing-list archives: mbox files, plain or gzipped. The texts of the mails are kept in a temporary file."""

import gzip
import io
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from forum.archive.mbox import NotAnArchive, split_mbox
from forum.mails.body import Repair
from forum.mails.mails import DIVIDED, EARLIEST_DATE, Mail, make_distinct_id, parse, parse_plainly

DUPLICATE = "the same message id again"
# A list is one of the archive's if so many of all mails are from it.
LEAST_SHARE_OF_LIST = 0.1
# So many names without a word in common are those of several people.
MANY_NAMES = 5
CONFLICTS = ("same message id, other text", "message id of another mail")

_WORD = re.compile(r"\w+")


class Remark(Struct, frozen=True):
    """Something about one message of an archive that the person who imports it should know; `position` counts from 1.

    `detail` names the part, label or number that `what` is about.
    """

    file: str
    position: int
    id: str
    what: str
    is_skipped: bool = False
    detail: str = ""


class Archive:
    """The messages of some files, without their texts, and the remarks about them; the texts are in a temporary file.

    `own_ids` are the ids that the messages themselves have, where another message has the same.
    """

    def __init__(self) -> None:
        self.messages: list[Mail] = []
        self.sources: list[tuple[str, int]] = []
        self.own_ids: dict[int, str] = {}
        self.remarks: list[Remark] = []
        self.skipped: dict[str, int] = {}
        self.read = 0
        self._texts: IO[bytes] = tempfile.TemporaryFile(prefix="tertulia-")  # noqa: SIM115, closed by close()
        self._spans: list[tuple[int, int]] = []

    def add(self, message: Mail, file: str, position: int) -> None:
        """Add a message and write its text to the temporary file."""
        data = message.text.encode()
        self._spans.append((self._texts.seek(0, 2), len(data)))
        self._texts.write(data)
        self.messages.append(replace(message, text="", enclosed=()))
        self.sources.append((file, position))
        for repair in message.repairs:
            self.remark(len(self.messages) - 1, repair.what, repair.detail)

    def text(self, i: int) -> str:
        """Return the text of the i-th message, counted from 0."""
        start, size = self._spans[i]
        self._texts.seek(start)
        return self._texts.read(size).decode()

    def remark(self, i: int, what: str, detail: str = "") -> None:
        """Add a remark about the i-th message, counted from 0."""
        self.remarks.append(Remark(*self.sources[i], self.messages[i].id, what, detail=detail))

    def skip(self, file: str, position: int, message_id: str, why: str) -> None:
        """Count a message as skipped and add the reason to the remarks."""
        self.skipped[why] = self.skipped.get(why, 0) + 1
        self.remarks.append(Remark(file, position, message_id, why, is_skipped=True))

    def close(self) -> None:
        """Delete the temporary file with the texts."""
        self._texts.close()


def read_archives(paths: Sequence[Path], now: datetime) -> Archive:
    """Return all messages of the files in their order, without duplicates, each with a date; raise NotAnArchive.

    The mails of digests come after all others, so that the mail itself is kept rather than its copy in a digest. Dates more
    than a day after `now` are not believed. Takes seconds for large files: call it outside the event loop.
    """
    reader = _Reader(now)
    for path in paths:
        with path.open("rb") as raw:
            reader.read_file(raw, path.name)
    return reader.finish()


class _Reader:
    """Reads files into an archive; `known` has the address and the fingerprints of the messages by their id."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.archive = Archive()
        self.known: dict[str, list[tuple[str, frozenset[str]]]] = {}
        self.enclosed: list[tuple[Mail, tuple[str, int]]] = []

    def read_file(self, raw: IO[bytes], file: str) -> None:
        is_gzipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if is_gzipped else raw
        position = 0
        try:
            for separator, data, too_many in split_mbox(stream):
                position += 1
                self.add(self.parse(separator, data, too_many), (file, position))
        except NotAnArchive:
            raise NotAnArchive(f"{file} is not an mbox archive.") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.archive.read += 1
            self.archive.skip(file, position + 1, "", "the file is damaged from here on")

    def parse(self, separator: bytes, data: bytes, too_many: int) -> Mail:
        line = separator.decode("latin-1").strip()
        try:
            message = parse(line, data, self.now)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # The standard library raises these for some malformed parameters.
            message = parse_plainly(line, data, self.now)
        if too_many:
            repair = Repair("too big", f"{too_many} bytes were not read")
            message = replace(message, repairs=(*message.repairs, repair))
        return message

    def add(self, message: Mail, source: tuple[str, int]) -> None:
        self.archive.read += 1
        self.enclosed += [(one, source) for one in message.enclosed]
        if message.is_empty_digest:
            self.archive.skip(*source, message.id, DIVIDED)
            return
        own_id = message.id
        others = self.known.setdefault(own_id, [])
        if any(not known.isdisjoint(message.fingerprints) for _, known in others):
            self.archive.skip(*source, own_id, DUPLICATE)
            return
        if others:
            is_same_author = any(message.address == other[0] for other in others)
            message = replace(message, id=make_distinct_id(message))
            self.archive.own_ids[len(self.archive.messages)] = own_id
        others.append((message.address, frozenset(message.fingerprints)))
        self.archive.add(message, *source)
        if len(others) > 1:
            what = CONFLICTS[0] if is_same_author else CONFLICTS[1]
            self.archive.remark(len(self.archive.messages) - 1, what, own_id)

    def finish(self) -> Archive:
        for message, source in self.enclosed:
            self.add(message, source)
        self._doubt_other_lists()
        self._divide_shared_addresses()
        self._drop_addresses_among_parents()
        self._fill_missing_dates()
        return self.archive

    def _doubt_other_lists(self) -> None:
        # Everybody can write the header of a list into their mail, or a digest, and name a member as the author behind it.
        # The lists of an archive are in many of its mails; no other list is believed.
        messages = self.archive.messages
        domains = Counter(
            domain for message in messages for domain in {*message.list_domains, message.through}
        )
        for i, message in enumerate(messages):
            if message.through and domains[message.through] < LEAST_SHARE_OF_LIST * len(messages):
                messages[i] = replace(message, address="")
                self.archive.remark(i, "author named by another list", message.through)

    def _divide_shared_addresses(self) -> None:
        # A gateway or an office writes for many people with one address. They are several authors, each with a name.
        messages = self.archive.messages
        names: dict[str, list[set[str]]] = {}
        for message in messages:
            words = set(_WORD.findall(message.name.casefold()))
            others = names.setdefault(message.address, [])
            if len(others) < MANY_NAMES and all(words.isdisjoint(other) for other in others):
                others.append(words)
        for i, message in enumerate(messages):
            if message.address and len(names[message.address]) == MANY_NAMES:
                messages[i] = replace(message, address="")
                self.archive.remark(i, "address of many people", message.name)

    def _drop_addresses_among_parents(self) -> None:
        # Old programs write the address of the person answered into In-Reply-To, in the same brackets as the id.
        messages = self.archive.messages
        people = {message.address for message in messages} - self.known.keys()
        for i, message in enumerate(messages):
            if not people.isdisjoint(message.parents):
                parents = tuple(parent for parent in message.parents if parent not in people)
                messages[i] = replace(message, parents=parents)

    def _fill_missing_dates(self) -> None:
        # A message without a date takes the date of the message before it in the file, or the first date of all.
        messages = self.archive.messages
        last = next((message.at for message in messages if message.at), EARLIEST_DATE)
        for i, message in enumerate(messages):
            if message.at is None:
                messages[i] = replace(message, at=last)
            else:
                last = message.at
