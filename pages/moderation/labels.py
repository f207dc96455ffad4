"""What reasons and actions of moderation are called on pages, in the language of the page."""

from collections.abc import Mapping

from core.languages.texts import gettext, pgettext


def reason_labels() -> Mapping[str, str]:
    """Return what is wrong with reported content, by the reason of a report."""
    return {
        "off_topic": gettext("It does not belong here"),
        "spam": gettext("It is advertising or spam"),
        "abusive": gettext("It insults, threatens or harasses"),
        "misleading": gettext("It misleads or is false"),
        "private": gettext("It tells what is private"),
        "illegal": gettext("It is against the law"),
        "child_abuse": gettext("It shows or promotes the abuse of a child"),
        "danger": gettext("Somebody's life or safety is in danger"),
        "other": gettext("Something else"),
    }


def short_reason_labels() -> Mapping[str, str]:
    """Return the names of the reason templates that the software brings, by their keys."""
    return {
        "off_topic": pgettext("reason", "Off topic"),
        "spam": pgettext("reason", "Advertising"),
        "abusive": pgettext("reason", "Insult or threat"),
        "misleading": pgettext("reason", "Misleading"),
        "private": pgettext("reason", "Private"),
        "illegal": pgettext("reason", "Illegal"),
    }


def action_labels() -> Mapping[str, str]:
    """Return what was decided, by the action of a decision."""
    return {
        "hide": pgettext("decision", "Hidden"),
        "no_action": pgettext("decision", "No action"),
        "approve": pgettext("decision", "Approved"),
        "approve_edited": pgettext("decision", "Approved with changes"),
        "lock": pgettext("decision", "Locked"),
        "warn": pgettext("decision", "Warned"),
        "silence": pgettext("decision", "Silenced"),
        "suspend": pgettext("decision", "Suspended"),
        "remove": pgettext("decision", "Removed from the room"),
        "withdraw": pgettext("decision", "Withdrawn for its author"),
        "move": pgettext("decision", "Moved"),
        "split": pgettext("decision", "Split off"),
        "merge": pgettext("decision", "Merged"),
        "duplicate": pgettext("decision", "Marked as a duplicate"),
    }
