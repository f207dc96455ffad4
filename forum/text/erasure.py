"""Erasure of quoted words: texts that quote a deleted post keep a mark without words."""

from collections.abc import Sequence

from storage.database import Transaction
from storage.statements import statement

DELETE_QUOTATIONS_OF_POSTS = statement("DELETE FROM quotations WHERE post_id = ANY(CAST(:ids AS bigint[]))")


async def delete_quotations(tx: Transaction, post_ids: Sequence[int]) -> None:
    """Delete the words that others have quoted from these posts."""
    await tx.run(DELETE_QUOTATIONS_OF_POSTS, ids=list(post_ids))
