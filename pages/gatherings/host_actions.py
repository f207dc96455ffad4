"""The actions of hosts on questions, by the question's state: labels, keyboard shortcuts, target states, and undoing."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from core.languages.texts import gettext, pgettext
from gatherings.shapes.questions import QuestionState
from pages.keyboard.shortcuts import key_of
from pages.shell.forms import number_in


class HostAction(Struct, frozen=True):
    """An action on a question: a transition to the state `to`, or a form that asks for more input first. Its keyboard
    shortcut is that of the action in the table of shortcuts."""

    action: str
    word: str
    to: str = ""
    form: str = ""

    @property
    def key(self) -> str:
        """The key that does it."""
        return key_of(self.action)


class UndoButton(Struct, frozen=True):
    """The message after an action, and the button that undoes it."""

    said: str
    move: str
    word: str
    reason: str = ""


# How many actions are visible; the others are in a menu.
VISIBLE_ACTIONS: Mapping[str, int] = {"pending": 2, "live": 2, "shortlisted": 1, "on_stage": 2}

FORMS = ("dismiss", "merge", "answer", "edit", "silence")


def host_actions() -> dict[str, tuple[HostAction, ...]]:
    """Return the actions of hosts by the question's state; the first one is highlighted."""
    shortlist = HostAction("shortlist", pgettext("verb", "Shortlist"), to="shortlisted")
    stage = HostAction("stage", gettext("Put on stage"), to="on_stage")
    answered = HostAction("answered", pgettext("question", "Answered"), to="answered")
    dismiss = HostAction("dismiss", pgettext("verb", "Dismiss"), form="dismiss")
    merge = HostAction("merge", gettext("Merge into another"), form="merge")
    silence = HostAction("silence", gettext("Silence the asker"), form="silence")
    approve = HostAction("approve", pgettext("verb", "Approve"), to="live")
    edit = HostAction("edit", gettext("Edit"), form="edit")
    to_live = HostAction("back", gettext("Back to live"), to="live")
    to_shortlist = HostAction("shortlist", gettext("Back to the shortlist"), to="shortlisted")
    return {
        "pending": (approve, dismiss, shortlist, edit, silence),
        "live": (shortlist, stage, answered, _write(), merge, dismiss, silence),
        "shortlisted": (stage, answered, _write(), merge, to_live, dismiss, silence),
        "on_stage": (answered, to_shortlist, _write(), dismiss),
    }


def panel_actions() -> dict[str, tuple[HostAction, ...]]:
    """Return the actions of the panel by the question's state."""
    return dict.fromkeys(("live", "shortlisted", "on_stage"), (_write(),))


def _write() -> HostAction:
    return HostAction("reply", gettext("Answer in writing"), form="answer")


def transition_messages() -> dict[QuestionState, str]:
    """Return the message after a transition, by the new state."""
    return {
        "pending": pgettext("question", "Waiting for approval again"),
        "live": pgettext("question", "Now live"),
        "shortlisted": pgettext("question", "On the shortlist"),
        "on_stage": pgettext("question", "On stage"),
        "answered": pgettext("question", "Answered"),
        "dismissed": pgettext("question", "Dismissed"),
        "merged": pgettext("question", "Merged"),
        "withdrawn": pgettext("question", "Withdrawn by the asker"),
    }


def script_words() -> str:
    """Return the texts with which the cockpit's script describes decisions as JSON; what varies is in braces. The rest is
    in the sample cards and forms."""
    return msgspec.json.encode(
        {
            "anonymous": gettext("Anonymous"),
            "done": transition_messages(),
            # NOTE: What happened to a question, as in "Dismissed: “Who pays?”".
            "said": gettext("%(done)s: “%(question)s”", done="{done}", question="{question}"),
            "undo": pgettext("verb", "Undo"),
            "undone": gettext("The change was undone."),
            # An approved question has its post in the topic and cannot become pending again: undoing the approval
            # dismisses it.
            "undo_approval": pgettext("verb", "Dismiss"),
            "undo_approval_reason": gettext("Approved by mistake."),
            "approval_undone": gettext("The question was dismissed."),
            "silenced": gettext("The asker is silenced in this room."),
            # NOTE: Who did what, as in "Meanwhile: Fatou Diallo: Dismissed (Already asked)."
            "meanwhile": gettext("Meanwhile: %(changes)s.", changes="{changes}"),
            "edited": pgettext("question", "edited"),
            "asker": gettext("The asker"),
            "merging": gettext("Merging: choose the question it becomes part of."),
            "choose_merged": gettext(
                "Merging: go to the other question and press Enter, or press it. Esc cancels."
            ),
            "new_order": gettext("New order"),
            # NOTE: How long a session still goes, in minutes.
            "minutes_left": gettext("%(minutes)s min left", minutes="{minutes}"),
            # NOTE: How long ago a session should have ended, in minutes.
            "minutes_over": gettext("%(minutes)s min over", minutes="{minutes}"),
        }
    ).decode()


def undo_button(text: str) -> UndoButton | None:
    """Return the undo button for a value such as "12.live.3.on_stage": the question's id, its old state, its version and
    its new state; or None if the text is not such a value."""
    parts = text.split(".")
    if len(parts) != 4 or number_in(parts[0]) is None or number_in(parts[2]) is None:
        return None
    number, old_state, version, new_state = parts
    messages = {str(state): message for state, message in transition_messages().items()}
    if old_state not in messages or new_state not in messages:
        return None
    if old_state == "pending" and new_state in ("live", "shortlisted"):
        dismiss, reason = pgettext("verb", "Dismiss"), gettext("Approved by mistake.")
        return UndoButton(messages[new_state], f"dismissed {number} {version}", dismiss, reason)
    return UndoButton(messages[new_state], f"{old_state} {number} {version}", pgettext("verb", "Undo"))
