"""Attaching: which files a text uses. Who can read the post can have them; nobody opens another's file by naming it."""

import re

from core.errors import Invalid
from members.profiles.trust import Rights
from storage.database import Transaction
from storage.statements import statement

_FILE = re.compile(r"/files/(\d{1,18})/")

_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"']+", re.IGNORECASE)

# One's own, and what everybody has anyway.
_USE = statement("""
INSERT INTO file_uses (file_id, post_id)
SELECT f.id, :post FROM files f WHERE f.id = ANY(CAST(:ids AS bigint[])) AND (f.uploaded_by = :member OR EXISTS (
    SELECT FROM file_uses u JOIN open_posts p ON p.id = u.post_id WHERE u.file_id = f.id
)) ON CONFLICT DO NOTHING
""")
# What the history shows goes on being used by it.
_DROP = statement("""
DELETE FROM file_uses u WHERE u.post_id = :post AND u.file_id <> ALL(CAST(:ids AS bigint[])) AND NOT EXISTS (
    SELECT FROM revisions r WHERE r.post_id = :post AND NOT r.is_silent
        AND strpos(r.html, '="/files/' || u.file_id || '/') > 0
)
""")


class TooManyFiles(Invalid):
    """More files in one post than the member is trusted with."""

    def __init__(self, most: int) -> None:
        few = (
            f"You can attach {most} files to a post so far."
            if most
            else "You cannot attach files to posts yet."
        )
        super().__init__(f"{few} What more takes stands under Settings, Trust.", field="body")


class TooManyLinks(Invalid):
    """More addresses of the web in one post than the member is trusted with."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You can name {most} addresses of the web in a post so far. What more takes stands under Settings, Trust.",
            field="body",
        )


def file_ids_in(text: str) -> list[int]:
    """The files that a text names, each once."""
    return list(dict.fromkeys(int(id) for id in _FILE.findall(text))) if "/files/" in text else []


def count_links(text: str) -> int:
    """How many addresses of the web a text names, each once, besides what it quotes."""
    if "://" not in text:
        return 0
    own = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    return len(set(_ADDRESS.findall(own)))


def ensure_within_rights(rights: Rights, body: str) -> None:
    """A post has as many files, and names as many addresses, as its author is trusted with."""
    if count_links(body) > rights.links:
        raise TooManyLinks(rights.links)
    if len(file_ids_in(body)) > rights.attachments:
        raise TooManyFiles(rights.attachments)


async def attach_files(tx: Transaction, member: int | None, post_id: int, text: str) -> None:
    """Say that a new post uses the files that its text names; `member` wrote the text. No rule is asked."""
    ids = file_ids_in(text)
    if ids:
        await tx.run(_USE, post=post_id, ids=ids, member=member)


async def update_attached_files(
    tx: Transaction, member: int | None, post_id: int, before: str, after: str
) -> None:
    """The same for a post that says something else now; what neither it nor its history uses is no longer its own."""
    if file_ids_in(before):
        await tx.run(_DROP, post=post_id, ids=file_ids_in(after))
    await attach_files(tx, member, post_id, after)
