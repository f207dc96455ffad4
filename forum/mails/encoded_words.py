"""Encoded words of headers (RFC 2047), decoded after the structure of the header is known."""

import re
from base64 import b64decode
from binascii import a2b_qp

from forum.mails.charsets import decode

# `*` begins the language of RFC 2231, section 5. Spaces inside are forbidden and common. The length bounds the search.
ENCODED_WORD = re.compile(
    r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?((?:[^?=]|=(?!\?(?!=))|\?(?!=)){0,2000})\?="
)
_CUT_WORD = re.compile(
    r"=\?[\w.:-]{1,40}(?:\*[\w-]{0,40})?\?(?:[bB]\?[A-Za-z0-9+/]{2,2000}=?|[qQ]\?[^?\s]{1,2000})\??\s*$"
)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def decode_words(text: str) -> str:
    """Return the text of a header with its encoded words decoded; what is not an encoded word stays as it is.

    Neighbouring words in the same charset are joined before they are decoded, because some programs divide a character.
    """
    if "=?" not in text:
        return text
    if (cut := _CUT_WORD.search(text, max(0, text.rfind("=?")))) and not ENCODED_WORD.match(
        text, cut.start()
    ):
        # The end of a long header was cut off.
        text = f"{text[: cut.end()].rstrip()}?="
    out: list[str] = []
    charset, pending, done = "", b"", 0
    for word in ENCODED_WORD.finditer(text):
        between = text[done : word.start()]
        is_neighbour = bool(done) and not between.strip()
        if pending and not (is_neighbour and word[1].lower() == charset):
            out.append(decode(pending, charset)[0])
            pending = b""
        if not is_neighbour:
            out.append(between)
        charset = word[1].lower()
        pending += _decode_payload(word[2], word[3])
        done = word.end()
    if pending:
        out.append(decode(pending, charset)[0])
    return "".join(out) + text[done:]


def _decode_payload(method: str, payload: str) -> bytes:
    if method in "qQ":
        # Raw characters are forbidden inside, and kept.
        return a2b_qp(payload.replace(" ", "_").encode(errors="replace"), header=True)
    bare = _NOT_BASE64.sub("", payload)
    if len(bare) % 4 == 1:
        bare = bare[:-1]
    return b64decode(bare + "=" * (-len(bare) % 4))
