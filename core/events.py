"""The base class of events: tagged values that name rows and belong to exactly one channel."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """An event contains ids and never text: the text is read when the event is shown, with the permissions of the
    audience."""

    @property
    def channel(self) -> str:
        """The name of the channel in whose log the event is recorded."""
        raise NotImplementedError
