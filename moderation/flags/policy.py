"""Who may flag, and which flags are valid: pure functions, and the refusals they raise."""

from core.actor import Actor, NotVerified
from core.errors import Conflict, Denied, Invalid
from core.languages.texts import translatable
from forum.policy import PostHidden, PostWithdrawn
from moderation.policy import FlaggedFacts
from moderation.shapes import ObjectKind


class OwnPost(Denied):
    """Members cannot flag their own content."""

    message = translatable("This is your own content. You can edit or withdraw it.")


class NotShown(Conflict):
    """The object is hidden or withdrawn, so it needs no review."""

    message = translatable(
        "This is not visible at the moment: moderators have hidden it, or its author withdrew it."
    )


class NoteMissing(Invalid):
    """The reason "other" needs a note."""

    message = translatable("Describe the problem in a few words.")


def ensure_can_flag(actor: Actor, kind: ObjectKind, about: FlaggedFacts) -> None:
    """Allow verified members to flag published content of others, even if they are silenced, so that they can ask for
    help. Raises NotVerified, OwnPost, NotShown, PostHidden or PostWithdrawn."""
    actor.signed_in()
    if not actor.is_verified:
        raise NotVerified
    if about.is_own:
        raise OwnPost
    if about.state == "published":
        return
    if kind != "post":
        raise NotShown
    raise PostHidden if about.state == "hidden" else PostWithdrawn


def ensure_flag_is_clear(reason: str, note: str) -> None:
    """Raise NoteMissing if the reason is "other" and there is no note."""
    if reason == "other" and not note:
        raise NoteMissing(field="note")
