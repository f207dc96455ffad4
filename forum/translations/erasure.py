"""Erasure of an author's texts: their translations go with them."""

from collections.abc import Sequence

from storage.database import Transaction
from storage.statements import statement

DELETE_TRANSLATIONS_OF_POSTS = statement(
    "DELETE FROM post_translations WHERE post_id = ANY(CAST(:ids AS bigint[]))"
)


async def delete_translations(tx: Transaction, post_ids: Sequence[int]) -> None:
    """Delete the translations of these posts."""
    await tx.run(DELETE_TRANSLATIONS_OF_POSTS, ids=list(post_ids))
