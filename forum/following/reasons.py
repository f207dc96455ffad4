"""Reasons for following a topic, sector or tag: stored as a code, and put into words in the reader's language."""

from core.languages.texts import gettext, translatable

# By the code that is stored in `because`.
_REASONS = {
    "chosen": translatable("You chose this."),
    "opened": translatable("You opened this topic."),
    "replied": translatable("You wrote in this topic."),
    "read": translatable("You spent some time reading this topic."),
    "sector": translatable("You follow its sector."),
    "tag": translatable("You follow one of its tags."),
    "nothing": translatable("You have not chosen a level."),
}


def describe_following(because: str) -> str:
    """Return the reason of a code as a sentence."""
    return gettext(_REASONS[because])
