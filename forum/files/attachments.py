"""Attachments: the files that a post uses. Members who can read the post can open its files.

A member can attach only files of their own and files that everybody can read already: naming the id of another file in a
text gives no access to it.
"""

import re

from core.errors import Invalid
from core.languages.texts import translatable
from core.links import external_links, written_addresses
from members.profiles.trust import LevelPermissions, TooManyLinks
from storage.database import Transaction
from storage.statements import statement

_FILE_URL = re.compile(r"/files/(\d{1,18})/")

INSERT_FILE_USES = statement("""
INSERT INTO file_uses (file_id, post_id)
SELECT f.id, :post FROM files f WHERE f.id = ANY(CAST(:ids AS bigint[])) AND (f.uploaded_by = :member OR EXISTS (
    SELECT FROM file_uses u JOIN open_posts p ON p.id = u.post_id WHERE u.file_id = f.id
)) ON CONFLICT DO NOTHING
""")
# A file that an older revision shows stays attached, so that the history of the post remains complete.
DELETE_FILE_USES = statement("""
DELETE FROM file_uses u WHERE u.post_id = :post AND u.file_id <> ALL(CAST(:ids AS bigint[])) AND NOT EXISTS (
    SELECT FROM revisions r WHERE r.post_id = :post AND NOT r.is_silent
        AND strpos(r.html, '="/files/' || u.file_id || '/') > 0
)
""")


class TooManyFiles(Invalid):
    """A post has more files than the trust level of its author allows."""

    def __init__(self, limit: int) -> None:
        if limit:
            super().__init__(
                translatable(
                    "These are too many files: you can attach up to %(most)s to a post. Your settings show your trust level "
                    "and what comes next."
                ),
                field="body",
                most=limit,
            )
        else:
            super().__init__(
                translatable(
                    "You cannot attach files to posts yet. Your settings show your trust level and what comes next."
                ),
                field="body",
            )


def file_ids_in(text: str) -> list[int]:
    """Return the ids of the files that a text links to, without repetitions, in the order of the text."""
    return list(dict.fromkeys(int(id) for id in _FILE_URL.findall(text))) if "/files/" in text else []


def ensure_within_rights(rights: LevelPermissions, html: str, site: str, title: str = "") -> None:
    """Raise TooManyLinks or TooManyFiles if a rendered text has more of them than the author's trust level allows.

    Links count as readers will see them, however they were typed; those of quotations are in other posts. A web address in
    the title counts too.
    """
    if len(external_links(html, site)) + len(written_addresses(title)) > rights.links:
        raise TooManyLinks(rights.links, "body" if html else "title")
    if len(file_ids_in(html)) > rights.attachments:
        raise TooManyFiles(rights.attachments)


async def attach_files(tx: Transaction, member: int | None, post_id: int, text: str) -> None:
    """Attach to a new post the files that its text links to, if `member`, its author, may use them.

    Checks no limits; `ensure_within_rights` does.
    """
    ids = file_ids_in(text)
    if ids:
        await tx.run(INSERT_FILE_USES, post=post_id, ids=ids, member=member)


async def update_attached_files(
    tx: Transaction, member: int | None, post_id: int, before: str, after: str
) -> None:
    """Attach the files of a post's new text, and detach those that neither the new text nor a visible revision uses."""
    if file_ids_in(before):
        await tx.run(DELETE_FILE_USES, post=post_id, ids=file_ids_in(after))
    await attach_files(tx, member, post_id, after)
