"""The entry context: the form and taxonomies with which entries of a board are written."""

from collections.abc import Mapping

from msgspec import Struct

from boards.shapes import Form, Taxonomy
from core.ids import BoardId


class EntryContext(Struct, frozen=True, kw_only=True):
    """The id and form of a board, and all taxonomies by slug."""

    board: BoardId
    form: Form
    taxonomies: Mapping[str, Taxonomy]
