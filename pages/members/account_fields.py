"""The fields of the form that creates an account."""

from pages.shell.forms import Typed, text_in


def account_in(typed: Typed) -> dict[str, object]:
    """Return the account in a form, in the shape of NewAccount."""
    facts: dict[str, object] = {name: text_in(typed, name).strip() for name in ("handle", "email")}
    facts["password"] = text_in(typed, "password")
    facts["letters_in"] = text_in(typed, "letters_in") or None
    facts["display_name"] = text_in(typed, "display_name").strip() or None
    facts["accepted"] = bool(text_in(typed, "accepted"))
    return facts
