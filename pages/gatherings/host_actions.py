"""The actions of hosts on questions, by the question's state: labels, keyboard shortcuts and target states."""

from collections.abc import Mapping

from msgspec import Struct


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
