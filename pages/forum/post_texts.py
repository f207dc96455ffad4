"""The texts of posts in each language, looked up once, for HTML that is built from strings and for the script of a page.

They are trusted as HTML, like the texts of templates: a test compares the tags of catalogues with those in the code.
"""

from collections.abc import Mapping
from functools import cache

import msgspec
from msgspec import Struct

from core.languages.languages import Language
from core.languages.texts import current_language, gettext, pgettext, speaking

# The two reactions that count for trust levels are always shown; the others are under "More" until somebody sets them.
FIRST = ("kind", "competent")
DEEPEST = 4


class PostTexts(Struct, frozen=True):
    """The texts of posts in one language."""

    kinds: Mapping[str, str]
    """The names of the reactions."""
    states: Mapping[str, str]
    gone: Mapping[str, str]
    """What is shown instead of a post that is not published, by its state."""
    words: Mapping[str, str]
    """All other texts by name; what varies is put in with `%`."""
    for_script: str
    """What the page's script needs to build arriving posts and to change shown ones, so that both describe a post alike."""


def post_texts() -> PostTexts:
    """Return the texts of posts in the current language."""
    return _texts_in(current_language())


@cache
def _texts_in(language: Language) -> PostTexts:
    with speaking(language):
        kinds, states, gone, shared = _kinds(), _states(), _gone(), _shared_words()
        for_script = {"kinds": kinds, "first": FIRST, "deepest": DEEPEST, "states": states, "gone": gone}
        encoded = msgspec.json.encode(for_script | {"texts": shared}).decode()
        return PostTexts(kinds, states, gone, shared | _actions(), encoded)


def _kinds() -> dict[str, str]:
    return {
        "kind": pgettext("reaction", "Helpful"),
        "competent": pgettext("reaction", "Well argued"),
        "agree": pgettext("reaction", "Agree"),
        "thanks": pgettext("reaction", "Thanks"),
        "curious": pgettext("reaction", "Curious"),
    }


def _states() -> dict[str, str]:
    return {"withdrawn": pgettext("post", "Withdrawn"), "hidden": pgettext("post", "Hidden")}


def _gone() -> dict[str, str]:
    return {
        "withdrawn": gettext("The author withdrew this post."),
        "hidden": gettext("A moderator has hidden this post."),
    }


def _shared_words() -> dict[str, str]:
    """Return the texts that the page's script needs too."""
    return {
        "anonymous": gettext("Anonymous"),
        "not_shown": gettext("This post is not shown."),
        # NOTE: when a post was edited: a day, or "today" with the time of day
        "edited": gettext("edited %(time)s"),
        "shared": gettext("shared post"),
        "share": gettext("Allow shared editing"),
        "unshare": gettext("Stop shared editing"),
        "edit": pgettext("verb", "Edit"),
        # NOTE: others have cited the post; a link to where
        "cited": pgettext("post", "Cited"),
        "history": pgettext("post", "History"),
        # NOTE: what a member has done with a post, to find it again
        "bookmarked": pgettext("post", "Bookmarked"),
        "bookmark": pgettext("verb", "Bookmark"),
        "edit_bookmark": gettext("Edit bookmark"),
        # NOTE: a menu of more actions; the number is that of the post
        "more_actions": gettext('More<span class="unseen"> for post %(number)s</span>'),
    }


def _actions() -> dict[str, str]:
    return {
        "new": pgettext("post", "New"),
        "accepted": gettext("Accepted answer"),
        # NOTE: a link with the number and the author of the other post, such as "#3 Amina"
        "reply_to": gettext("in reply to %(post)s"),
        "reply_to_earlier": gettext('in reply to <a href="%(href)s">an earlier post</a>'),
        "branch": gettext("Read this branch on its own"),
        "reply": pgettext("verb", "Reply"),
        # NOTE: a button that asks for a machine translation of a post
        "translate": pgettext("verb", "Translate"),
        "quote": pgettext("verb", "Quote"),
        # NOTE: a link to the post, which scripts copy or hand on to another app
        "link": pgettext("verb", "Share"),
        "report_problem": gettext("Report a problem"),
        "report": gettext("Report to moderators"),
        "report_file": gettext("Report the file"),
        "accept": gettext("Accept as answer"),
        "unaccept": gettext("Unmark as answer"),
        "cite": pgettext("verb", "Cite"),
        "move": pgettext("verb", "Move"),
        "add": gettext("Add to a stock-take"),
        # NOTE: a link to the page where one says in which language the post is
        "language": pgettext("post", "Language"),
        "withdraw": pgettext("verb", "Withdraw"),
        "restore": pgettext("verb", "Restore"),
    }
