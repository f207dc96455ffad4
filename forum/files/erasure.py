"""Erasure of uploaded files: those that no post uses any more are deleted, others lose the name of who uploaded them."""

from collections.abc import Sequence

from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETE_FILE_USES_OF_POSTS = statement("DELETE FROM file_uses WHERE post_id = ANY(CAST(:ids AS bigint[]))")
DELETE_FILES_OF_MEMBER = statement("""
DELETE FROM files f WHERE uploaded_by = :member AND id <> ALL(CAST(:held AS bigint[]))
    AND NOT EXISTS (SELECT FROM file_uses u WHERE u.file_id = f.id)
RETURNING sha256
""")
UPDATE_FILES_UNNAMED = statement("""
UPDATE files SET uploaded_by = NULL WHERE uploaded_by = :member AND id <> ALL(CAST(:held AS bigint[]))
""")
DELETE_CONTENTS_WITHOUT_FILE = statement("""
DELETE FROM file_contents c
WHERE c.sha256 = ANY(CAST(:hashes AS bytea[])) AND NOT EXISTS (SELECT FROM files f WHERE f.sha256 = c.sha256)
""")


async def detach_files(tx: Transaction, post_ids: Sequence[int]) -> None:
    """Detach the files of these posts."""
    await tx.run(DELETE_FILE_USES_OF_POSTS, ids=list(post_ids))


async def delete_files(tx: Transaction, erasure: Erasure) -> None:
    """Delete the member's files that no post uses, after the posts were erased; the others lose the name."""
    binds = {"member": erasure.member, "held": erasure.held_files}
    rows = await tx.rows(DELETE_FILES_OF_MEMBER, **binds)
    await tx.run(UPDATE_FILES_UNNAMED, **binds)
    await tx.run(DELETE_CONTENTS_WITHOUT_FILE, hashes=[row["sha256"] for row in rows])
