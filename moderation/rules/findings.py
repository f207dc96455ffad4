"""What rules find in texts: stored as a code with facts, and put into words for moderators when it is read, because they
may speak another language than the author."""

from typing import Any

import msgspec
from msgspec import Struct

from core.languages.formats import list_in, number_in
from core.languages.texts import current_language, gettext, ngettext
from moderation.shapes_matches import Passage


class Finding(Struct, frozen=True):
    """What a rule found in a text: a code, facts about it, and the matched passages."""

    what: str
    passages: list[Passage] = []
    facts: dict[str, Any] = {}

    @property
    def why(self) -> str:
        """Why the rule caught the text, in the language of whoever reads it."""
        return _in_words(self.what, self.facts)

    @property
    def stored(self) -> str:
        """The reason as the table of matches keeps it."""
        return msgspec.json.encode({"what": self.what, **self.facts}).decode()


def read_reason(stored: str) -> str:
    """Return a stored reason in words. What older versions stored is in English already."""
    if not stored.startswith("{"):
        return stored
    facts = msgspec.json.decode(stored)
    return _in_words(facts.pop("what"), facts)


def _in_words(what: str, facts: dict[str, Any]) -> str:
    if what in ("links", "mentions", "alike", "replaced"):
        return _counted(what, **facts)
    language = current_language()
    match what:
        case "newcomer":
            return gettext("by a new member")
        case "today":
            number = number_in(language, facts["number"])
            return gettext("post %(number)s by a new member within 24 hours", number=number)
        case "domains":
            return gettext("a link to %(sites)s", sites=list_in(language, facts["sites"], "unit"))
        case "phrase":
            return gettext("a phrase of the rule")
        case "pattern":
            return gettext("the pattern of the rule")
        case "new_link":
            return gettext(
                "an edit adds a link to %(site)s, which the post did not link to before", site=facts["site"]
            )
        case "language":
            return gettext("it seems to be written in another language (%(code)s)", code=facts["code"])
    return gettext("The filter could not check this text in time, so a person must read it.")


def _counted(what: str, count: int, minutes: int = 0) -> str:
    if what == "links":
        return ngettext("%(num)s link to other sites", "%(num)s links to other sites", count)
    if what == "mentions":
        return ngettext("%(num)s member mentioned", "%(num)s members mentioned", count)
    if what == "replaced":
        return gettext("an edit replaces %(percent)s percent of the earlier text", percent=count)
    return ngettext(
        "one of at least %(count)s nearly identical texts within %(num)s minute",
        "one of at least %(count)s nearly identical texts within %(num)s minutes",
        minutes,
        count=count,
    )
