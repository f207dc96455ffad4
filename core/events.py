"""Something that happened: a tagged value that names rows and goes to exactly one channel."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, tag_field="type"):
    """The root of all events. Events carry ids, never text: what is shown is read with the audience's eyes."""

    @property
    def channel(self) -> str:
        """The one channel whose listeners hear of it."""
        raise NotImplementedError
