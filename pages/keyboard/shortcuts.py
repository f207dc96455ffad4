"""The table of keyboard shortcuts. A key does the same wherever it does something: the table is refused otherwise.

A page carries the keys of its surface as an attribute (`page_keys`), and scripts know actions only. The list that `?` opens
and the help page are made from the same table.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from msgspec import Struct

from core.languages.texts import gettext, pgettext, translatable

EVERYWHERE = "everywhere"
WRITING = "writing"
# Where keys apply, in the order of the help page.
SURFACES: Mapping[str, str] = {
    EVERYWHERE: translatable("On every page"),
    "list": translatable("In lists and search results"),
    "topic": translatable("In a topic"),
    "room": translatable("In a room"),
    "cockpit": translatable("In the cockpit of a room"),
    "board": translatable("In a stock-take"),
    "queue": translatable("In the moderation queue"),
    WRITING: translatable("While you write"),
}


class Shortcut(Struct, frozen=True):
    """An action, the keys that do it, and what it does on each surface. `shown` are the keys as they are listed, where a
    range says it shorter."""

    action: str
    keys: tuple[str, ...]
    does: Mapping[str, str]
    shown: tuple[str, ...] = ()


SHORTCUTS = (
    Shortcut("search", ("/",), {EVERYWHERE: translatable("search")}),
    # The only key that also writes: in a text with Markdown it makes a link, as in every editor.
    Shortcut(
        "find",
        ("Ctrl+k",),
        {
            EVERYWHERE: translatable("find an action or a page"),
            WRITING: translatable("make a link of the selected words"),
        },
    ),
    Shortcut("shortcuts", ("?",), {EVERYWHERE: translatable("show the keyboard shortcuts of this page")}),
    Shortcut(
        "next",
        ("j",),
        {
            "topic": translatable("next post"),
            "room": translatable("next question"),
            "cockpit": translatable("next question"),
            "board": translatable("next entry"),
            "queue": translatable("next case"),
            "list": translatable("next line"),
        },
    ),
    Shortcut(
        "previous",
        ("k",),
        {
            "topic": translatable("previous post"),
            "room": translatable("previous question"),
            "cockpit": translatable("previous question"),
            "board": translatable("previous entry"),
            "queue": translatable("previous case"),
            "list": translatable("previous line"),
        },
    ),
    Shortcut("next_unread", ("n",), {"topic": translatable("next unread post")}),
    Shortcut("first", ("Shift+Home",), {"topic": translatable("first post")}),
    Shortcut("last", ("Shift+End",), {"topic": translatable("last post")}),
    Shortcut("parent", ("p",), {"topic": translatable("the post that this one replies to")}),
    Shortcut(
        "open",
        ("o",),
        {
            "topic": translatable("collapse or expand the replies to this post"),
            "board": translatable("open this entry"),
            "queue": translatable("open or close all details of the case"),
            "list": translatable("open what this line is about"),
        },
    ),
    Shortcut("left", ("h",), {"cockpit": translatable("column to the left")}),
    Shortcut("right", ("l",), {"cockpit": translatable("column to the right")}),
    Shortcut(
        "write",
        ("c",),
        {
            "topic": translatable("reply to the topic"),
            "room": translatable("write a question"),
            "board": translatable("add an entry"),
            "queue": translatable("write a note for the other moderators"),
        },
    ),
    Shortcut(
        "reply",
        ("r",),
        {"topic": translatable("reply to this post"), "cockpit": translatable("answer in writing")},
    ),
    Shortcut(
        "edit",
        ("e",),
        {
            "topic": translatable("edit this post, if it is yours"),
            "cockpit": translatable("edit before approval"),
        },
    ),
    Shortcut("bookmark", ("f",), {"topic": translatable("bookmark this post, or change its bookmark")}),
    Shortcut("vote", ("v",), {"room": translatable("vote for this question, or withdraw your vote")}),
    Shortcut(
        "approve",
        ("a",),
        {"cockpit": translatable("approve"), "queue": translatable("approve what is held, then Enter")},
    ),
    Shortcut("dismiss", ("d",), {"cockpit": translatable("dismiss, with a reason")}),
    Shortcut("shortlist", ("s",), {"cockpit": translatable("put on the shortlist, or back on it")}),
    Shortcut("stage", ("t",), {"cockpit": translatable("put on stage")}),
    Shortcut("answered", ("w",), {"cockpit": translatable("mark as answered")}),
    Shortcut("merge", ("m",), {"cockpit": translatable("merge into the question you choose next")}),
    Shortcut("back", ("b",), {"cockpit": translatable("back to live")}),
    Shortcut("silence", ("x",), {"cockpit": translatable("silence the asker")}),
    Shortcut("earlier", ("Alt+ArrowUp",), {"cockpit": translatable("move up on the shortlist")}),
    Shortcut("later", ("Alt+ArrowDown",), {"cockpit": translatable("move down on the shortlist")}),
    Shortcut(
        "reason",
        tuple("123456789"),
        {"queue": translatable("choose this reason and hide, then Enter")},
        shown=("1–9",),
    ),
    Shortcut("no_action", ("0",), {"queue": translatable("no action, then Enter")}),
    Shortcut("pictures", ("i",), {"queue": translatable("show or blur the pictures")}),
    Shortcut(
        "undo",
        ("z", "u"),
        {
            "cockpit": translatable("undo the last change"),
            "queue": translatable("undo the last decision, within 12 seconds"),
        },
    ),
    Shortcut(
        "down",
        ("ArrowDown",),
        {"cockpit": translatable("next question"), WRITING: translatable("next name in the list")},
    ),
    Shortcut(
        "up",
        ("ArrowUp",),
        {"cockpit": translatable("previous question"), WRITING: translatable("previous name in the list")},
    ),
    Shortcut(
        "confirm",
        ("Enter",),
        {
            "room": translatable("send your question"),
            "cockpit": translatable("merge into this question"),
            "board": translatable("open this entry"),
            "queue": translatable("confirm the decision"),
            "list": translatable("open what this line is about"),
            WRITING: translatable("insert the name that is marked in the list"),
        },
    ),
    Shortcut("insert", ("Tab",), {WRITING: translatable("insert the name that is marked in the list")}),
    Shortcut("send", ("Ctrl+Enter",), {WRITING: translatable("send the text")}),
    Shortcut("close", ("Escape",), {EVERYWHERE: translatable("close the open menu, list or form")}),
)


def by_key(shortcuts: Sequence[Shortcut]) -> dict[str, Shortcut]:
    """Return the shortcuts by key; raise ValueError if a key or an action stands twice in the table, or on no surface."""
    found: dict[str, Shortcut] = {}
    actions = [one.action for one in shortcuts]
    for one in shortcuts:
        if actions.count(one.action) > 1 or not one.does or not one.does.keys() <= SURFACES.keys():
            raise ValueError(f"the action {one.action} needs one line with surfaces that exist")
        for key in one.keys:
            if key in found:
                raise ValueError(f"the key {key} would do two things: {found[key].action} and {one.action}")
            found[key] = one
    return found


_BY_ACTION = {one.action: one for one in by_key(SHORTCUTS).values()}


def key_of(action: str) -> str:
    """Return the first key of an action."""
    return _BY_ACTION[action].keys[0]


@cache
def page_keys(surface: str) -> str:
    """Return the actions and keys of a surface, and those of every page, as scripts read them: `next=j undo=z,u`."""
    wanted = {EVERYWHERE, WRITING, surface or EVERYWHERE}
    if not wanted <= SURFACES.keys():
        raise ValueError(f"no surface is called {surface}")
    return " ".join(f"{one.action}={','.join(one.keys)}" for one in SHORTCUTS if wanted & one.does.keys())


class Line(Struct, frozen=True):
    """What one or several keys do: each of `keys` has the names of the keys that are pressed together."""

    action: str
    keys: list[list[str]]
    does: str


def shortcut_lists() -> list[tuple[str, str, list[Line]]]:
    """Return each surface with its name and its shortcuts in words."""
    return [
        (
            surface,
            gettext(name),
            [
                Line(one.action, [_names(key) for key in one.shown or one.keys], gettext(one.does[surface]))
                for one in SHORTCUTS
                if surface in one.does
            ],
        )
        for surface, name in SURFACES.items()
    ]


def _names(key: str) -> list[str]:
    names = {
        "Alt": pgettext("key", "Alt"),
        "Ctrl": pgettext("key", "Ctrl"),
        "End": pgettext("key", "End"),
        "Enter": pgettext("key", "Enter"),
        "Escape": pgettext("key", "Esc"),
        "Home": pgettext("key", "Home"),
        "Shift": pgettext("key", "Shift"),
        "Tab": pgettext("key", "Tab"),
        "ArrowUp": "↑",
        "ArrowDown": "↓",
    }
    return [names.get(part, part) for part in key.split("+")]
