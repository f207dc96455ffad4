"""The text index of uploaded PDFs: the worker extracts the words of each PDF once, for the search."""

from core import clock
from forum.files.pdf_text import extract_pdf_text
from storage.database import Database
from storage.quarantine import put_into_quarantine, release
from storage.statements import statement

_JOB = "PDFs"
# The row is inserted before the PDF is read, so that a PDF that crashes the worker is not tried again.
CLAIM_UNREAD_PDF = statement("""
INSERT INTO file_texts (sha256, words, read_at)
SELECT f.sha256, '', :now FROM files f WHERE f.media_type = 'application/pdf'
    AND NOT EXISTS (SELECT FROM file_texts t WHERE t.sha256 = f.sha256)
    AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'PDFs' AND w.item = CAST(encode(f.sha256, 'hex') AS text) AND w.due_at > :now)
ORDER BY f.id LIMIT 1 ON CONFLICT DO NOTHING RETURNING sha256
""")
DELETE_CLAIM = statement("DELETE FROM file_texts WHERE sha256 = :sha256")
SELECT_CONTENT_BY_HASH = statement("SELECT content FROM file_contents WHERE sha256 = :sha256")
UPDATE_PDF_WORDS = statement("UPDATE file_texts SET words = :words WHERE sha256 = :sha256")
QUEUE_POSTS_OF_PDF_FOR_INDEXING = statement("""
INSERT INTO search_queue (post_id)
SELECT DISTINCT u.post_id FROM file_uses u JOIN files f ON f.id = u.file_id WHERE f.sha256 = :sha256
""")


async def index_next_pdf(db: Database) -> bool:
    """Extract the words of one PDF that was not read yet, and return whether there was one; a scheduled job.

    The posts that use the PDF are queued for indexing.
    """
    async with db.begin() as tx:
        sha256 = await tx.value(CLAIM_UNREAD_PDF, now=clock.now())
        content = None if sha256 is None else await tx.value(SELECT_CONTENT_BY_HASH, sha256=sha256)
    if content is None:
        return False
    try:
        words = await extract_pdf_text(bytes(content))
        async with db.begin() as tx:
            if words.strip():
                await tx.run(UPDATE_PDF_WORDS, sha256=sha256, words=words)
                await tx.run(QUEUE_POSTS_OF_PDF_FOR_INDEXING, sha256=sha256)
            await release(tx, _JOB, [sha256.hex()])
    except Exception as error:
        await put_into_quarantine(db, _JOB, sha256.hex(), error)
        async with db.begin() as tx:
            await tx.run(DELETE_CLAIM, sha256=sha256)
    return True
