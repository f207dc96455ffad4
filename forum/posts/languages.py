"""Languages of texts of posts, detected one by one or many at once."""

from collections.abc import Sequence

from core.language_detection import load_model
from core.threads import in_thread
from forum.posts.text_language import LanguageOfText, detect_in_html

# So many texts take less than a millisecond; more are read in a thread.
_MOST_INLINE = 2


async def detect_in_texts(pages: Sequence[str]) -> list[LanguageOfText]:
    """Return the detected languages of texts of safe HTML, in the same order."""
    if len(pages) > _MOST_INLINE:
        return await in_thread(_detect_all, pages)
    if pages:
        await load_model()
    return _detect_all(pages)


def _detect_all(pages: Sequence[str]) -> list[LanguageOfText]:
    return [detect_in_html(page) for page in pages]
