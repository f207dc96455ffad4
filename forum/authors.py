"""Authors as readers see them: the columns a query selects and the Struct they become."""

from members.shapes import Author


def author_of(
    author_id: int | None, handle: str | None, display_name: str | None, group: str | None
) -> Author | None:
    """The author, or None where nobody is named: asked anonymously, or erased."""
    if author_id is None or handle is None or display_name is None:
        return None
    return Author(author_id, handle, display_name, group)
