"""The rules for gatherings: who announces and hosts them, and which times and time zones are valid."""

from datetime import UTC, datetime

from msgspec import Struct

from core.actor import Actor
from core.clock import is_time_zone
from core.errors import Conflict, Denied, Invalid
from core.ids import GatheringId
from core.languages.texts import translatable

# Every calendar application can display times in this range; a time zone may move them across a year's end.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class NotAdministrator(Denied):
    """The action is for administrators only."""

    message = translatable("Only administrators can do this.")


class NotHost(Denied):
    """The action is for hosts of the gathering only."""

    message = translatable("Only the hosts of this event can do this.")


class GatheringCancelled(Conflict):
    """The gathering was cancelled."""

    message = translatable("This event was cancelled.")


class HasCurrent(Conflict):
    """A conflict whose response contains the current state of the object in `current`."""

    def __init__(self, current: Struct) -> None:
        self.current = current
        super().__init__()


class UnknownTimeZone(Invalid):
    """The time zone is not in the IANA database."""

    message = translatable("This time zone is not known. Give a name such as Europe/Vienna.")


class EndsBeforeStart(Invalid):
    """The end is not after the start."""

    message = translatable("An event ends after it begins.")


class TimeOutOfRange(Invalid):
    """The time is before 2000 or after 2199."""

    message = translatable("Give a time between the years 2000 and 2199.")


def ensure_can_announce(actor: Actor, now: datetime) -> None:
    """Only administrators announce gatherings; raise NotAdministrator."""
    actor.may_write(now)
    if not actor.is_administrator:
        raise NotAdministrator


def ensure_hosts(actor: Actor, gathering_id: GatheringId, now: datetime) -> None:
    """Only hosts change a gathering, its rooms and its questions; administrators host all gatherings; raise NotHost."""
    actor.may_write(now)
    if not actor.hosts_at(gathering_id):
        raise NotHost


def ensure_times(starts_at: datetime, ends_at: datetime) -> None:
    """A gathering or programme session ends after it begins, at times that every calendar can show.

    Raises TimeOutOfRange or EndsBeforeStart.
    """
    for field, moment in (("starts_at", starts_at), ("ends_at", ends_at)):
        if not EARLIEST <= moment < LATEST:
            raise TimeOutOfRange(field=field)
    if starts_at >= ends_at:
        raise EndsBeforeStart(field="ends_at")


def ensure_time_zone(name: str) -> None:
    """A time zone is a name of the IANA database; raise UnknownTimeZone."""
    if not is_time_zone(name):
        raise UnknownTimeZone(field="time_zone")
