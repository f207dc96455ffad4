"""The limits of the live socket, and its intervals."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """How much one socket, one member and one address may have, and how long things take, in seconds."""

    channels: int = 100
    per_member: int = 20
    per_address: int = 200
    messages_per_minute: int = 100
    burst: int = 20
    handshake: float = 5.0
    joins_at_once: int = 8
    patrol_every: float = 5.0
    sweep_every: float = 30.0
    signal_every: float = 0.5
    presence_settles_in: float = 0.5
    presence_every: float = 10.0
    presence_forgotten_after: float = 30.0
    census_every: float = 2.0
