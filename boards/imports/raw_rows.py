"""Rows of a file as they are, before headings, types and fields are known."""

from typing import Any

from msgspec import Struct


class RawRow(Struct, frozen=True):
    """One row: its number in the file, its cells, and what is wrong with it as a whole."""

    number: int
    cells: list[Any]
    problem: str = ""
