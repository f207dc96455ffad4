"""The field for the language of a text."""

from pages.shell.forms import Typed, text_in


def text_and_language_in(typed: Typed) -> dict[str, object]:
    """Return the text of a form and the language that was chosen for it; without a choice it is detected."""
    return {"body": text_in(typed, "body"), "language": text_in(typed, "language") or None}
