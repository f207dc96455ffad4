"""What a host can do with a question, by where it is: the same words and keys as buttons, forms and on the keyboard."""

from collections.abc import Mapping

from msgspec import Struct


class Deed(Struct, frozen=True):
    """Something a host does: to a state at once, or by a form that asks for more first."""

    key: str
    word: str
    to: str = ""
    form: str = ""


APPROVE = Deed("a", "Approve", to="live")
SHORTLIST = Deed("s", "Shortlist", to="shortlisted")
STAGE = Deed("t", "Put on stage", to="on_stage")
ANSWERED = Deed("w", "Answered", to="answered")
BACK_TO_LIVE = Deed("b", "Back to live", to="live")
BACK_TO_SHORTLIST = Deed("s", "Back to the shortlist", to="shortlisted")
DISMISS = Deed("d", "Dismiss", form="dismiss")
MERGE = Deed("m", "Merge into another", form="merge")
WRITE = Deed("r", "Answer in writing", form="answer")
EDIT = Deed("e", "Edit", form="edit")
SILENCE = Deed("x", "Silence who asked", form="silence")

# The first of each stands out; the others are quieter.
DEEDS: Mapping[str, tuple[Deed, ...]] = {
    "pending": (APPROVE, DISMISS, SHORTLIST, EDIT, SILENCE),
    "live": (SHORTLIST, STAGE, ANSWERED, WRITE, MERGE, DISMISS, SILENCE),
    "shortlisted": (STAGE, ANSWERED, WRITE, MERGE, BACK_TO_LIVE, DISMISS, SILENCE),
    "on_stage": (ANSWERED, BACK_TO_SHORTLIST, WRITE, DISMISS),
}
PANEL_DEEDS: Mapping[str, tuple[Deed, ...]] = dict.fromkeys(("live", "shortlisted", "on_stage"), (WRITE,))
# How many of them stand in view; the rest folds away.
SHOWN: Mapping[str, int] = {"pending": 2, "live": 2, "shortlisted": 1, "on_stage": 2}

FORMS = ("dismiss", "merge", "answer", "edit", "silence")

# What is said of a move once it was made, and what one makes of it in a sentence about what happened meanwhile.
DONE: Mapping[str, str] = {
    "pending": "Waiting for approval again",
    "live": "Now live",
    "shortlisted": "On the shortlist",
    "on_stage": "On stage",
    "answered": "Answered",
    "dismissed": "Dismissed",
    "merged": "Merged",
    "withdrawn": "Withdrawn by who asked",
}

KEYS: tuple[tuple[str, str], ...] = (
    ("j k", "next and previous question"),
    ("h l", "column to the left, to the right"),
    ("a", "approve"),
    ("d", "dismiss, with a reason"),
    ("s", "shortlist"),
    ("t", "put on stage"),
    ("w", "answered"),
    ("r", "answer in writing"),
    ("m", "merge into the one you choose next"),
    ("e", "edit before approval"),
    ("b", "back to live"),
    ("Alt + arrows", "move within the shortlist"),
    ("x", "silence who asked"),
    ("u", "undo"),
    ("Esc", "close what is open"),
    ("?", "these keys"),
)
