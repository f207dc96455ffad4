"""The annotated types of text in input Structs, with their lengths and allowed characters."""

import re
import unicodedata
from typing import Annotated, Literal

from msgspec import Meta

# Characters without ink that are neither white space nor combining marks: Default_Ignorable_Code_Point of Unicode's
# DerivedCoreProperties.txt (soft hyphen, zero-width and direction marks, Hangul fillers, variation selectors, tags), marks
# of annotation, and what fonts draw as nothing: braille blank, null notehead, blank hieroglyphs, object replacement.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U00013441\U00013442\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
# Marks a type of text that nobody else reads.
UNSEEN = {"unseen": True}

# PostgreSQL cannot store NUL; the other control characters have no use in what people write.
NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*(?![\s\S])"
# Names and titles are shown beside other people's text: no line breaks, and no characters that change the text direction.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]*(?![\s\S])"

# The characters of a regular expression's set that no e-mail address has. An address that shows less than it is would be
# taken for another one.
NOT_IN_ADDRESS = rf"\s@\x00-\x1f\x7f-\x9f\ud800-\udfff{INVISIBLE}<>,;:\"()\[\]\\"

POST_LENGTH = 20_000
TITLE_LENGTH = 300
NAME_LENGTH = 60

PostBody = Annotated[str, Meta(min_length=1, max_length=POST_LENGTH, pattern=NO_CONTROLS)]
LongText = Annotated[str, Meta(max_length=5_000, pattern=NO_CONTROLS)]
Title = Annotated[str, Meta(min_length=3, max_length=TITLE_LENGTH, pattern=ONE_LINE)]
Name = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH, pattern=ONE_LINE)]
Line = Annotated[str, Meta(max_length=120, pattern=ONE_LINE)]
Slug = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9-]*(?![\s\S])")]
Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=rf"^[^{NOT_IN_ADDRESS}]+@[^{NOT_IN_ADDRESS}]+(?![\s\S])",
    ),
]
Password = Annotated[str, Meta(min_length=8, max_length=256, pattern=NO_CONTROLS, extra=UNSEEN)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}(?![\s\S])")]


# The longest run of combining marks that Unicode's stream-safe text format allows (UAX #15, section 13).
MAX_MARKS = 30
_SHORT = 1_000
_JOINER = "\u034f"
_MAX_MARKS_IN_NAME = 4
_JOINERS_AND_SPACES = "\u200c\u200d \t\u00a0\u3000"
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0020-\U000e007f]")
_UNSEEN_IN_NAME = re.compile(f"(?![\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f])[{INVISIBLE}]")


def tidy(text: str) -> str:
    """Return the text in Unicode's composed form (NFC) without spaces at its ends, as it is stored and compared."""
    return normalize("NFC", text).strip()


def tidy_name(text: str) -> str:
    """Return a person's name as it is stored: without what nobody sees of it, so that two names that differ look different.

    Joiners between letters and the selectors of emoji stay. White space becomes one space, and a letter has at most four
    marks, so that names do not cover the lines around them.
    """
    seen = _UNSEEN_IN_NAME.sub("", tidy(text)).strip(_JOINERS_AND_SPACES)
    kept: list[str] = []
    marks = 0
    for character in " ".join(seen.split()):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= _MAX_MARKS_IN_NAME or _SELECTOR.match(character):
            kept.append(character)
    return "".join(kept)


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return a text in a Unicode normal form, in time proportional to its length.

    Python sorts each run of combining marks in time that grows with its square: 20,000 of them take almost a second. So
    longer texts are made stream-safe first: after 30 marks in a row there is an invisible joiner (UAX #15, section 13).
    """
    if text.isascii():
        return text
    return unicodedata.normalize(form, text if len(text) <= _SHORT else _make_stream_safe(text))


def _make_stream_safe(text: str) -> str:
    marks, done = 0, 0
    parts: list[str] = []
    for at, character in enumerate(text):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            parts += (text[done:at], _JOINER)
            marks, done = 1, at
    return "".join((*parts, text[done:])) if parts else text


def escape_like(text: str) -> str:
    """Return a text as part of a pattern of LIKE, in which `%` and `_` stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
