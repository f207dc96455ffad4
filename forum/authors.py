"""Authors as readers see them: the conversion of selected columns into the `Author` Struct."""

from asyncpg import Record

from members.shapes import Author


def author_of(
    author_id: int | None,
    handle: str | None,
    display_name: str | None,
    group: str | None,
    picture: str | None = None,
) -> Author | None:
    """Return the author, or None for an anonymous post or an erased account."""
    if author_id is None or handle is None or display_name is None:
        return None
    return Author(author_id, handle, display_name, group, picture)


def author_in(row: Record) -> Author | None:
    """Return the author in the columns `author_id`, `handle`, `display_name`, `author_group` and `author_picture` of a row,
    or None for an anonymous post or an erased account."""
    return author_of(
        row["author_id"], row["handle"], row["display_name"], row["author_group"], row["author_picture"]
    )
