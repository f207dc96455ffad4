"""The limits and intervals of the live socket."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """How many channels, sockets and messages are allowed, and how long things take; times are in seconds."""

    channels: int = 100
    per_member: int = 20
    per_address: int = 1_000
    messages_per_minute: int = 100
    burst: int = 20
    handshake: float = 5.0
    concurrent_joins: int = 8
    poll_every: float = 5.0
    session_check_every: float = 30.0
    signal_every: float = 0.5
    presence_every: float = 0.5
    heartbeat_every: float = 10.0
    process_forgotten_after: float = 30.0
    presence_report_every: float = 2.0
