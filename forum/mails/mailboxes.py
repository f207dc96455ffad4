"""Mailboxes in headers (RFC 5322, 3.4): display names and addresses, also obfuscated and malformed ones.

The structure is read before anything is decoded (RFC 2047, section 5), so what an encoded word or a quoted string contains
is never an address. Where a header can be read in two ways, nobody is its author.
"""

import re

from msgspec import Struct

from core.text import NAME_LENGTH, NOT_IN_ADDRESS, normalize
from core.visible import is_visible
from forum.mails.encoded_words import ENCODED_WORD, decode_words
from forum.mails.lines import to_line

UNKNOWN_AUTHOR = "somebody unknown"
MAX_MAILBOXES = 100

_TOKEN = re.compile(
    rf'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>{ENCODED_WORD.pattern})|(?P<sign>[(),;<>])|[^"(),;<>\\=]+|\\.|.',
    re.S,
)
_ESCAPED = re.compile(r"\\(.)", re.S)
_SPACES = re.compile(r"\s+")
# An asterisk masks a part of an address.
_ADDRESS = re.compile(rf"[^{NOT_IN_ADDRESS}*]{{1,64}}@[^{NOT_IN_ADDRESS}*]{{1,189}}")
_ADDRESS_IN_NAME = re.compile(
    r"(?:[<(\[]\s{0,9})?(?:mailto:)?[^\s@<>()\[\]\"',;:]{1,64}@[^\s@<>()\[\]\"',;:]{1,189}(?:\s{0,9}[>)\]])?"
)
_LEFT_EMPTY = re.compile(r"\(\s{0,9}\)|\[\s{0,9}\]")
# RFC 5322, 3.4: a group has a name, a colon and mailboxes up to a semicolon. Some programs write the field name twice.
_GROUP = re.compile(r'\s*(?:"[^"]{0,200}"|[^":;<>@(),]{0,200}):(.*);\s*$', re.S)
_FIELD_NAME = re.compile(r"\s*(?:from|von|de|sender):\s+(?=.*@)", re.I | re.S)
# An archive writes this in place of a domain.
_MASKED_DOMAIN = re.compile(r"@x{4,}$")
_BRACKETED_AT = re.compile(r"\s{0,9}[\[({<]\s{0,9}at\s{0,9}[\])}>]\s{0,9}", re.I)
_BRACKETED_DOT = re.compile(r"\s{0,9}[\[({<]\s{0,9}dot\s{0,9}[\])}>]\s{0,9}", re.I)
_OBFUSCATED = re.compile(
    r"([\w.+-]{1,64})\s{0,9}(?:@|\s(?:at|AT)\s)\s{0,9}([\w-]{1,63}(?:\s{0,9}(?:\.|\s(?:dot|DOT)\s)\s{0,9}[\w-]{1,63}){1,9})"
)
_SPELT_DOT = re.compile(r"\s+(?:dot|DOT)\s+")


class Mailbox(Struct, frozen=True):
    """A display name as it is shown, and an address in lower case; both are empty where the header does not say."""

    name: str
    address: str

    def shown_name(self) -> str:
        """Return the name to show: the display name, the local part of the address, or that nobody knows."""
        return self.name or to_line(self.address.partition("@")[0], NAME_LENGTH) or UNKNOWN_AUTHOR


def parse_mailboxes(header: str) -> list[Mailbox]:
    """Return the mailboxes of an unfolded header whose encoded words are not decoded."""
    if "@" not in header:
        header = _BRACKETED_DOT.sub(".", _BRACKETED_AT.sub("@", header))
    if field := _FIELD_NAME.match(header):
        header = header[field.end() :]
    if group := _GROUP.match(header):
        header = group[1] if group[1].strip() else header.strip(" :;")
    found: list[Mailbox] = []
    pieces = _Pieces()
    for token in _TOKEN.finditer(header):
        if token["sign"] in (",", ";") and pieces.has_address():
            found.append(_mailbox(pieces))
            pieces = _Pieces()
            if len(found) == MAX_MAILBOXES:
                return found
        else:
            pieces.take(token)
    if pieces.bare or pieces.bracketed or pieces.comment:
        found.append(_mailbox(pieces))
    return found


class _Pieces(Struct):
    # What stands outside quotes and brackets, the display name as it was written, the comment, and the bracketed addresses.
    bare: str = ""
    phrase: str = ""
    comment: str = ""
    bracketed: list[str] = []
    comment_depth: int = 0
    is_bracketed: bool = False

    def has_address(self) -> bool:
        is_outside = not self.comment_depth and not self.is_bracketed
        return is_outside and bool(self.bracketed or _address_in(self.bare))

    def take(self, token: re.Match[str]) -> None:
        sign = token["sign"]
        if self.comment_depth or sign == "(":
            self._take_comment(token[0])
        elif self.is_bracketed:
            self.is_bracketed = sign != ">"
            self.bracketed[-1] += token[0] if self.is_bracketed else ""
        elif sign == "<":
            self.is_bracketed = True
            self.bracketed.append("")
        elif token["quoted"] is not None:
            self.phrase += _ESCAPED.sub(r"\1", token["quoted"])
            self.bare += '"'
        else:
            self.phrase += token[0]
            self.bare += '"' if token["word"] else token[0]

    def _take_comment(self, text: str) -> None:
        # The outer parentheses are no part of it; those of a second comment become a blank.
        is_outer = self.comment_depth == (text == ")")
        self.comment_depth += (text == "(") - (text == ")")
        if not is_outer:
            self.comment += text
        elif text == "(" and self.comment:
            self.comment += " "


def clean_name(text: str) -> str:
    """Return a decoded display name without addresses and quotes around it; "" if nothing of it can be seen."""
    if "@" in text:
        # Addresses are not public; and nobody takes the address of somebody else as a name.
        text = _ADDRESS_IN_NAME.sub(" ", text)
        text = text.partition("@")[0] if "@" in text else text
    name = to_line(text, 4 * NAME_LENGTH).strip("\"'`<>,;: ")
    name = _LEFT_EMPTY.sub(" ", name).strip()
    return to_line(name, NAME_LENGTH) if is_visible(name) else ""


def clean_address(text: str) -> str:
    """Return an address in the form in which members' addresses are compared; "" if it is none, or is masked."""
    text = text.strip().strip("<>[]").removeprefix("mailto:")
    if text.startswith("@"):
        # The obsolete route of RFC 5322, 4.4: <@one,@two:user@example.org>.
        text = text.rpartition(":")[2]
    if '"' in text:
        text = text.replace('"', "")
    address = _SPACES.sub("", text).rstrip(".")
    if (
        not _ADDRESS.fullmatch(address)
        or "..." in address
        or "…" in address
        or _MASKED_DOMAIN.search(address)
    ):
        return ""
    lower = normalize("NFC", address).lower()
    # The Kelvin sign becomes a plain k, which would make it the address of somebody else.
    return lower if lower.isascii() == address.isascii() else ""


def _address_in(bare: str) -> str:
    bare = bare.strip()
    if len(bare) > 400:
        return ""
    if address := clean_address(bare) if " " not in bare else "":
        return address
    spelt = _OBFUSCATED.fullmatch(bare)
    return clean_address(f"{spelt[1]}@{_SPELT_DOT.sub('.', spelt[2])}") if spelt else ""


def _mailbox(pieces: _Pieces) -> Mailbox:
    addresses = {address for text in pieces.bracketed if (address := _address_in(text))}
    phrase = pieces.phrase
    is_bracketed = any(text.strip() for text in pieces.bracketed)
    if not is_bracketed:
        # `"` stands for everything that was quoted or encoded, so the only "@" belongs to an address.
        word = next((word for word in pieces.bare.split() if "@" in word), "")
        if address := _address_in(pieces.bare):
            addresses, phrase = {address}, ""
        elif pieces.bare.count("@") == 1 and (address := clean_address(word)):
            addresses, phrase = {address}, phrase.replace(word, "", 1)
    names = clean_name(decode_words(phrase)), clean_name(decode_words(pieces.comment))
    if not is_bracketed and len(pieces.bare.split()) == 1:
        # An account, and the name of its owner in parentheses.
        names = names[::-1]
    name = names[0] or names[1]
    if not name and not addresses:
        name = clean_name(decode_words("".join((phrase, *pieces.bracketed))).partition("@")[0])
    return Mailbox(name, addresses.pop() if len(addresses) == 1 else "")
