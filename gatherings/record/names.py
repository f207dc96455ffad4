"""The names of states and kinds in the current language, for records that people read; the API has the keys."""

from collections.abc import Mapping

from core.languages.names import shared_name
from core.languages.texts import gettext, pgettext, translatable

NOT_SAID = translatable("(not said)")


def slug_name(slug: str, names: Mapping[str, str]) -> str:
    """Return the name of a group or a sector by its slug; a slug in words if the community file has it no longer."""
    if slug in names:
        return shared_name(names[slug])
    return slug.replace("-", " ").capitalize() or gettext(NOT_SAID)


def question_state_name(state: str) -> str:
    """Return the name of a question's state, or an unknown state as it is."""
    names = {
        "pending": gettext("Waiting for approval"),
        "live": gettext("Open for votes"),
        "shortlisted": pgettext("question", "Shortlisted"),
        "on_stage": pgettext("question", "On stage"),
        "answered": pgettext("question", "Answered"),
        "dismissed": pgettext("question", "Dismissed"),
        "merged": gettext("Merged into another question"),
        "withdrawn": pgettext("question", "Withdrawn"),
    }
    return names.get(state, state)


def room_state_name(state: str) -> str:
    """Return the name of a room's state."""
    names = {
        "planned": pgettext("room", "Planned"),
        "open": pgettext("room", "Open"),
        "closed": pgettext("room", "Closed"),
    }
    return names[state]


def poll_kind_name(kind: str) -> str:
    """Return the name of a kind of poll."""
    names = {
        "single": gettext("Single choice"),
        "several": gettext("Multiple choice"),
        "ranked": gettext("Ranking"),
        "scale": gettext("Scale"),
        "words": gettext("Word cloud"),
    }
    return names[kind]
