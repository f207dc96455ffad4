"""The shape of lanes, as it goes out over HTTP."""

from datetime import datetime

from msgspec import Struct


class Lane(Struct, frozen=True, kw_only=True):
    """The open lane of a gathering: the link to give to those who are there, and when it closes."""

    address: str
    opened_at: datetime
    closes_at: datetime
