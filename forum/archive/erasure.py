"""Erasure from imported archives: a mail is recognised by a hash of its id from then on, so it is not imported again."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from storage.database import Transaction
from storage.statements import statement

SELECT_MAILS_OF_POSTS = statement("""
SELECT sector_id, message_id FROM imported_mails
WHERE post_id = ANY(CAST(:posts AS bigint[])) AND NOT starts_with(message_id, :mark)
""")
UPDATE_MAILS_FORGOTTEN = statement("""
UPDATE imported_mails i SET message_id = u.hashed, fingerprints = '{}',
    subject = CASE WHEN i.post_id = ANY(CAST(:deleted AS bigint[])) THEN u.hashed ELSE i.subject END
FROM unnest(CAST(:sectors AS bigint[]), CAST(:ids AS text[]), CAST(:hashes AS text[])) AS u (sector, id, hashed)
WHERE i.sector_id = u.sector AND i.message_id = u.id
""")

# No message id begins with it: an id is in angle brackets or without blanks.
_MARK = "erased "


def hashed_id(message_id: str) -> str:
    """Return what is stored in place of the id of an erased mail."""
    return _MARK + sha256(message_id.encode()).hexdigest()


def with_hashes(ids: Iterable[str]) -> Mapping[str, str]:
    """Return the ids by everything under which they can be stored: themselves and their hashes."""
    return {stored: id for id in ids for stored in (id, hashed_id(id))}


async def forget_mails(tx: Transaction, posts: Sequence[int], deleted: Sequence[int]) -> None:
    """Replace the ids of the mails from which these posts were made, and the subjects of those that are deleted."""
    rows = await tx.rows(SELECT_MAILS_OF_POSTS, posts=list(posts), mark=_MARK)
    await tx.run(
        UPDATE_MAILS_FORGOTTEN,
        deleted=list(deleted),
        sectors=[row["sector_id"] for row in rows],
        ids=[row["message_id"] for row in rows],
        hashes=[hashed_id(row["message_id"]) for row in rows],
    )
