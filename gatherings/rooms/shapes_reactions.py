"""The Structs of reactions in a room."""

from typing import Literal

from msgspec import Struct

RoomReactionKind = Literal["applause", "heart", "laugh", "agree", "question"]


class NewRoomReaction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reaction to what happens in the room now."""

    kind: RoomReactionKind
