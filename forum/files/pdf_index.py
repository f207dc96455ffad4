"""Papers: the words of the PDFs that were uploaded, read once by the worker, so that they can be found."""

from core import clock
from forum.files.pdf_text import words_of_pdf
from storage.database import Database
from storage.statements import statement

# Taken before it is read: one on which a worker ends is not tried again and again.
_TAKE = statement("""
INSERT INTO file_texts (sha256, words, read_at)
SELECT f.sha256, '', :now FROM files f WHERE f.media_type = 'application/pdf'
    AND NOT EXISTS (SELECT FROM file_texts t WHERE t.sha256 = f.sha256)
ORDER BY f.id LIMIT 1 ON CONFLICT DO NOTHING RETURNING sha256
""")
_CONTENT = statement("SELECT content FROM file_contents WHERE sha256 = :sha256")
_KEEP = statement("UPDATE file_texts SET words = :words WHERE sha256 = :sha256")
_FIND_AGAIN = statement("""
INSERT INTO search_queue (post_id)
SELECT DISTINCT u.post_id FROM file_uses u JOIN files f ON f.id = u.file_id WHERE f.sha256 = :sha256
""")


async def read_next_paper(db: Database) -> bool:
    """Read one PDF that nobody has read yet; whether there was one. A chore."""
    async with db.begin() as tx:
        sha256 = await tx.value(_TAKE, now=clock.now())
        content = None if sha256 is None else await tx.value(_CONTENT, sha256=sha256)
    if content is None:
        return False
    words = await words_of_pdf(bytes(content))
    if words.strip():
        async with db.begin() as tx:
            await tx.run(_KEEP, sha256=sha256, words=words)
            await tx.run(_FIND_AGAIN, sha256=sha256)
    return True
