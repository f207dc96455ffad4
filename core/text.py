"""The annotated types of text in input Structs, with their lengths and allowed characters."""

import unicodedata
from typing import Annotated

from msgspec import Meta

from core.visible import INVISIBLE, UNSEEN

# PostgreSQL cannot store NUL; the other control characters have no use in what people write.
NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*(?![\s\S])"
# Names and titles are shown beside other people's text: no line breaks, and no characters that change the text direction.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]*(?![\s\S])"

# An address that shows less than it is would be taken for another one.
_NOT_IN_ADDRESS = rf"\s@\x00-\x1f\x7f-\x9f\ud800-\udfff{INVISIBLE}<>,;:\"()\[\]\\"

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
        pattern=rf"^[^{_NOT_IN_ADDRESS}]+@[^{_NOT_IN_ADDRESS}]+(?![\s\S])",
    ),
]
Password = Annotated[str, Meta(min_length=8, max_length=256, pattern=NO_CONTROLS, extra=UNSEEN)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}(?![\s\S])")]


def tidy(text: str) -> str:
    """Return the text in Unicode's composed form (NFC) without spaces at its ends, as it is stored and compared."""
    return unicodedata.normalize("NFC", text).strip()
