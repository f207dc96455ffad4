"""The actions of hosts on questions, by the question's state: labels, keyboard shortcuts, target states, and undoing."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from pages.forum.post_html import ANONYMOUS
from pages.shell.forms import number_in

UNDO = "Undo"


class HostAction(Struct, frozen=True):
    """An action on a question: a transition to the state `to`, or a form that asks for more input first."""

    key: str
    word: str
    to: str = ""
    form: str = ""


APPROVE = HostAction("a", "Approve", to="live")
SHORTLIST = HostAction("s", "Shortlist", to="shortlisted")
STAGE = HostAction("t", "Put on stage", to="on_stage")
ANSWERED = HostAction("w", "Answered", to="answered")
BACK_TO_LIVE = HostAction("b", "Back to live", to="live")
BACK_TO_SHORTLIST = HostAction("s", "Back to the shortlist", to="shortlisted")
DISMISS = HostAction("d", "Dismiss", form="dismiss")
MERGE = HostAction("m", "Merge into another", form="merge")
WRITE = HostAction("r", "Answer in writing", form="answer")
EDIT = HostAction("e", "Edit", form="edit")
SILENCE = HostAction("x", "Silence the asker", form="silence")


class UndoButton(Struct, frozen=True):
    """The message after an action, and the button that undoes it."""

    said: str
    move: str
    word: str = UNDO
    reason: str = ""


# The first action of each state is highlighted.
HOST_ACTIONS: Mapping[str, tuple[HostAction, ...]] = {
    "pending": (APPROVE, DISMISS, SHORTLIST, EDIT, SILENCE),
    "live": (SHORTLIST, STAGE, ANSWERED, WRITE, MERGE, DISMISS, SILENCE),
    "shortlisted": (STAGE, ANSWERED, WRITE, MERGE, BACK_TO_LIVE, DISMISS, SILENCE),
    "on_stage": (ANSWERED, BACK_TO_SHORTLIST, WRITE, DISMISS),
}
PANEL_ACTIONS: Mapping[str, tuple[HostAction, ...]] = dict.fromkeys(
    ("live", "shortlisted", "on_stage"), (WRITE,)
)
# How many actions are visible; the others are in a menu.
VISIBLE_ACTIONS: Mapping[str, int] = {"pending": 2, "live": 2, "shortlisted": 1, "on_stage": 2}

FORMS = ("dismiss", "merge", "answer", "edit", "silence")

# The message after a transition, by the new state.
TRANSITION_MESSAGES: Mapping[str, str] = {
    "pending": "Waiting for approval again",
    "live": "Now live",
    "shortlisted": "On the shortlist",
    "on_stage": "On stage",
    "answered": "Answered",
    "dismissed": "Dismissed",
    "merged": "Merged",
    "withdrawn": "Withdrawn by the asker",
}
# An approved question has its post in the topic and cannot become pending again: undoing the approval dismisses it.
UNDO_APPROVAL = "Dismiss"
UNDO_APPROVAL_REASON = "Approved by mistake."

# The sentences with which the cockpit's script describes decisions; the rest is in the sample cards and forms.
SCRIPT_WORDS = msgspec.json.encode(
    {
        "anonymous": ANONYMOUS,
        "done": TRANSITION_MESSAGES,
        "said": "{done}: “{question}”",
        "undo": UNDO,
        "undone": "The change was undone.",
        "undo_approval": UNDO_APPROVAL,
        "undo_approval_reason": UNDO_APPROVAL_REASON,
        "approval_undone": "The question was dismissed.",
        "silenced": "The asker is silenced in this room.",
        "meanwhile": "Meanwhile: {changes}.",
        "edited": "edited",
        "asker": "The asker",
        "vote": "vote",
        "votes": "votes",
        "merging": "Merging: choose the question it becomes part of.",
        "choose_merged": "Merging: go to the other question and press Enter, or press it. Esc cancels.",
        "new_order": "New order",
        "minutes_left": "{minutes} min left",
        "minutes_over": "{minutes} min over",
    }
).decode()

KEYS: tuple[tuple[str, str], ...] = (
    ("j k", "next and previous question"),
    ("h l", "column to the left, to the right"),
    ("a", "approve"),
    ("d", "dismiss, with a reason"),
    ("s", "shortlist"),
    ("t", "put on stage"),
    ("w", "mark as answered"),
    ("r", "answer in writing"),
    ("m", "merge into the question you choose next"),
    ("e", "edit before approval"),
    ("b", "back to live"),
    ("Alt + arrows", "move within the shortlist"),
    ("x", "silence the asker"),
    ("u", "undo"),
    ("Esc", "close the open form"),
    ("?", "these shortcuts"),
)


def undo_button(text: str) -> UndoButton | None:
    """Return the undo button for a value such as "12.live.3.on_stage": the question's id, its old state, its version and
    its new state; or None if the text is not such a value."""
    parts = text.split(".")
    if len(parts) != 4 or number_in(parts[0]) is None or number_in(parts[2]) is None:
        return None
    number, old_state, version, new_state = parts
    if old_state not in TRANSITION_MESSAGES or new_state not in TRANSITION_MESSAGES:
        return None
    message = f"{TRANSITION_MESSAGES[new_state]}."
    if old_state == "pending" and new_state in ("live", "shortlisted"):
        return UndoButton(message, f"dismissed {number} {version}", UNDO_APPROVAL, UNDO_APPROVAL_REASON)
    return UndoButton(message, f"{old_state} {number} {version}")
