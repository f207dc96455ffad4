"""Who flags: pure rules, and the refusals they raise."""

from core.actor import Actor, NotVerified
from core.errors import Conflict, Denied, Invalid
from forum.policy import PostHidden, PostWithdrawn
from moderation.policy import FlaggedFacts
from moderation.shapes import ObjectKind


class OwnPost(Denied):
    """Nobody flags what they wrote."""

    message = "This is your own. You can edit or withdraw it."


class NotShown(Conflict):
    """It is hidden or withdrawn: nobody needs to look at it."""

    message = "This is not shown at the moment: moderators have hidden it, or its author took it back."


class NoteMissing(Invalid):
    """The reason "other" says nothing by itself."""

    message = "Say in a few words what is wrong with it."


def ensure_can_flag(actor: Actor, kind: ObjectKind, about: FlaggedFacts) -> None:
    """Verified members flag what others have published; who is silenced may still ask for help."""
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
    """A flag says what is wrong: by its reason, or in a note."""
    if reason == "other" and not note:
        raise NoteMissing(field="note")
