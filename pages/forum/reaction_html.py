"""The HTML of reactions to a post: the buttons that set them, and their counts."""

from collections.abc import Mapping

from core.languages.formats import number_in
from core.languages.texts import current_language
from pages.forum.post_texts import PostTexts


def counted(counts: Mapping[str, int], texts: PostTexts) -> str:
    """Return the counts of reactions, without buttons."""
    if not counts:
        return ""
    shown = [(word, counts[kind]) for kind, word in texts.kinds.items() if counts.get(kind)]
    return "".join([f'<span class="act">{word} <i>{_number(count)}</i></span>' for word, count in shown])


def reaction(post_id: int | str, kind: str, word: str, count: int = 0, mine: bool = False) -> str:
    """Return the button that sets a reaction, or takes back one's own."""
    return (
        f'<button class="act" form="set" name="set" value="{post_id} {kind} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}">{word}{f" <i>{_number(count)}</i>" if count else ""}</button>'
    )


def _number(count: int) -> str:
    return number_in(current_language(), count)
