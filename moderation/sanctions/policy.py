"""Who may be sanctioned by whom: pure functions, and the refusals they raise."""

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.ids import MemberId
from core.languages.texts import translatable
from members.policy import AdministratorsOnly
from moderation.policy import CaseFacts
from moderation.shapes import Action, NewDecision

# The longest suspension that a moderator can impose, in days.
MAX_SUSPENSION_DAYS = 7


class SanctionTarget(Struct, frozen=True, kw_only=True):
    """The facts about the author of the subject that the rules for sanctions need. `author_id` is None if the author is
    anonymous."""

    author_id: MemberId | None
    is_in_room: bool
    administers: bool


class NobodyNamed(Conflict):
    """The author is anonymous, so no member can be sanctioned."""

    message = translatable(
        "The author is anonymous, so nobody can be warned or suspended. The hosts can mute the author in the room."
    )


class TakeDutyFirst(Conflict):
    """Administrators cannot be silenced, suspended or removed."""

    message = translatable("This member is an administrator. Remove the role first.")


class NotInRoom(Conflict):
    """Only an author who wrote in a room can be removed from it."""

    message = translatable("This was not written in a room.")


class DaysMissing(Invalid):
    """A silence or suspension needs a number of days."""

    message = translatable("Enter the number of days.")


class TooLong(Denied):
    """Moderators can suspend for seven days at most."""

    message = translatable(
        "Moderators can suspend for seven days at most. Administrators can suspend for longer."
    )


def ensure_can_sanction(
    actor: Actor, case: CaseFacts, target: SanctionTarget, action: Action, new: NewDecision
) -> None:
    """Check that the actor may sanction the author of the subject; raise NobodyNamed, TakeDutyFirst, NotInRoom,
    DaysMissing, AdministratorsOnly or TooLong.

    Moderators silence and suspend in their own sector only, and suspend for seven days at most; administrators have no
    such limits.
    """
    if target.author_id is None:
        raise NobodyNamed
    if target.administers and action != "warn":
        raise TakeDutyFirst
    if action == "remove" and not target.is_in_room:
        raise NotInRoom
    if action in ("silence", "suspend"):
        if new.days is None:
            raise DaysMissing(field="days")
        if actor.is_administrator:
            return
        if new.everywhere or case.sector_id is None:
            raise AdministratorsOnly
        if action == "suspend" and new.days > MAX_SUSPENSION_DAYS:
            raise TooLong(field="days")
