"""Uploaded files. The content is stored once for all members who upload the same bytes.

A file is visible to the member who uploaded it and to everyone who can read a post that uses it.
"""

import hashlib
from datetime import timedelta
from typing import Annotated

from asyncpg import Record
from msgspec import Meta, Struct
from sqlalchemy import BigInteger, Boolean, and_, bindparam, exists, not_, or_, select

from core import clock
from core.actor import Actor
from core.errors import Denied, NotFound, TooBig
from core.http import ascii_name
from core.isolation import FILES
from core.languages.texts import translatable
from core.threads import in_thread
from forum.files.file_types import MAX_FILE_SIZE, FileTooBig
from forum.files.uploads import PreparedFile, prepare_upload
from forum.tables import file_contents, file_uses, files, posts, topics
from forum.visibility import is_moderated, posts_not_held, seen_by, visible_text, visible_topics
from members.profiles.trust import LevelPermissions
from storage.database import Database, Reader, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

# A file that no post uses belongs to an abandoned draft, or every post that used it was edited.
UNUSED_FILES_KEPT_FOR = timedelta(days=2)


class NewFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to upload; in JSON, `content` is base64. In the name, characters that no system takes are replaced."""

    name: Annotated[str, Meta(min_length=1, max_length=1_000)]
    content: bytes


class File(Struct, frozen=True, kw_only=True):
    """A file and the URL path of its content (`address`)."""

    id: int
    name: str
    media_type: str
    size: int
    address: str
    # The Markdown that shows an image or links to another file; the description of an image goes between the brackets.
    markup: str = ""


class QuotaFull(TooBig):
    """The member's files would exceed the quota of the member's trust level (OWASP ASVS 5.0, 5.2.4: a quota per user)."""

    message = translatable("Your storage for files is full.")


class FileHidden(Denied):
    """A moderator has hidden the file; the reason is in the moderation log."""

    message = translatable("Moderators have hidden this file.")


_in_visible_post = exists(
    select(file_uses.c.file_id)
    .join(posts, posts.c.id == file_uses.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(file_uses.c.file_id == files.c.id, posts_not_held(), visible_topics(), visible_text())
)
_in_moderated_topic = exists(
    select(file_uses.c.file_id)
    .join(posts, posts.c.id == file_uses.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(file_uses.c.file_id == files.c.id, is_moderated())
)
# Everybody still sees that a hidden file exists; only moderators can open it.
_is_hidden_from_reader = and_(
    files.c.hidden_at.is_not(None), not_(or_(bindparam("administers", type_=Boolean), _in_moderated_topic))
)
_is_visible = or_(_in_visible_post, files.c.uploaded_by == bindparam("reader", type_=BigInteger))
SELECT_FILE = statement(
    select(files.c.id, files.c.name, files.c.media_type, files.c.size).where(
        files.c.id == bindparam("id", type_=BigInteger), _is_visible
    )
)
SELECT_FILE_CONTENT = statement(
    select(
        files.c.name, files.c.media_type, file_contents.c.content, _is_hidden_from_reader.label("is_hidden")
    )
    .join(file_contents, file_contents.c.sha256 == files.c.sha256)
    .where(and_(files.c.id == bindparam("id", type_=BigInteger), _is_visible))
)
SELECT_STORED_BYTES = statement("SELECT coalesce(sum(size), 0) FROM files WHERE uploaded_by = :member")
# Uploads of one member run one after another, so that two of them together cannot exceed the quota.
LOCK_FILES_OF_MEMBER = statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('files of ' || CAST(:member AS text), 0))"
)
# The update changes nothing; it locks a content that exists already, so that delete_unused_file cannot delete it before
# this transaction refers to it.
INSERT_FILE_CONTENT = statement("""
INSERT INTO file_contents AS c (sha256, content) VALUES (:sha256, :content)
ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256
""")
INSERT_FILE = statement("""
INSERT INTO files (sha256, name, media_type, size, uploaded_by, uploaded_at, width, height)
VALUES (:sha256, :name, :media_type, :size, :member, :now, :width, :height) RETURNING id
""")
LOCK_UNUSED_FILE = statement("""
SELECT CAST(f.id AS text) AS item, f.id, f.sha256 FROM files f
WHERE f.uploaded_at < :before AND NOT EXISTS (SELECT FROM file_uses u WHERE u.file_id = f.id)
    AND NOT EXISTS (
        SELECT FROM drafts d WHERE d.member_id = f.uploaded_by AND strpos(d.body, '/files/' || f.id || '/') > 0
    ) AND NOT EXISTS (
        SELECT FROM held_posts h WHERE h.edit_by = f.uploaded_by AND strpos(h.edit_body, '/files/' || f.id || '/') > 0
    ) AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'unused files' AND w.item = CAST(f.id AS text) AND w.due_at > :now)
ORDER BY f.id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
DELETE_FILE = statement("DELETE FROM files WHERE id = :id")
DELETE_UNUSED_CONTENT = statement("""
DELETE FROM file_contents c WHERE c.sha256 = :sha256 AND NOT EXISTS (SELECT FROM files f WHERE f.sha256 = c.sha256)
""")


async def prepare_file(
    db: Database, actor: Actor, name: str, content: bytes, rights: LevelPermissions
) -> PreparedFile:
    """Check that the member may upload the file, then check the file and return it in the form in which it is stored.

    The database connection is released before the file is parsed. Raises FileTooBig, QuotaFull, FileRefused, or the
    refusals of `Actor.may_write`.
    """
    member = actor.may_write(clock.now())
    if len(content) > MAX_FILE_SIZE:
        raise FileTooBig(field="file")
    async with db.read() as tx:
        await ensure_within_quota(tx, member, len(content), rights)
    return await FILES.call(prepare_upload, name, content)


async def store_file(tx: Transaction, actor: Actor, prepared: PreparedFile, rights: LevelPermissions) -> File:
    """Store a prepared file and return it; until a post uses it, only its uploader can see it.

    Raises QuotaFull, or the refusals of `Actor.may_write`.
    """
    now = clock.now()
    member = actor.may_write(now)
    size = len(prepared.content)
    await tx.run(LOCK_FILES_OF_MEMBER, member=str(member))
    await ensure_within_quota(tx, member, size, rights)
    # For 10 MB this takes 20 ms, during which hashlib does not hold the interpreter.
    sha256 = (await in_thread(hashlib.sha256, prepared.content)).digest()
    await tx.run(INSERT_FILE_CONTENT, sha256=sha256, content=prepared.content)
    id = await tx.value(
        INSERT_FILE,
        sha256=sha256,
        name=prepared.name,
        media_type=prepared.media_type,
        size=size,
        member=member,
        now=now,
        width=prepared.width,
        height=prepared.height,
    )
    url = file_url(id, prepared.name)
    return File(
        id=id,
        name=prepared.name,
        media_type=prepared.media_type,
        size=size,
        address=url,
        markup=_markdown_of(url, prepared),
    )


async def find_file(tx: Reader, actor: Actor, file_id: int) -> File | None:
    """Return the file, or None if there is none that the actor can see."""
    row = await tx.row(SELECT_FILE, id=file_id, **seen_by(actor))
    return None if row is None else File(address=file_url(row["id"], row["name"]), **row)


async def read_file(tx: Reader, actor: Actor, file_id: int) -> PreparedFile:
    """Return the file with its content; raise NotFound if the actor cannot see it, FileHidden if moderators hid it."""
    row = await tx.row(SELECT_FILE_CONTENT, id=file_id, **seen_by(actor))
    if row is None:
        raise NotFound
    if row["is_hidden"]:
        raise FileHidden
    return PreparedFile(row["name"], row["media_type"], bytes(row["content"]))


async def delete_unused_file(db: Database) -> bool:
    """Delete one file older than two days that no post, draft or held edit uses; return whether there was one.

    A scheduled job. The content is deleted too unless another file shares it.
    """
    return await _UNUSED_FILES.run_next(db)


async def _take_unused_file(tx: Transaction) -> Record | None:
    now = clock.now()
    return await tx.row(LOCK_UNUSED_FILE, before=now - UNUSED_FILES_KEPT_FOR, now=now)


async def _delete_file(tx: Transaction, row: Record) -> None:
    await tx.run(DELETE_FILE, id=row["id"])
    await tx.run(DELETE_UNUSED_CONTENT, sha256=row["sha256"])


_UNUSED_FILES = ItemJob("unused files", _take_unused_file, _delete_file)


async def ensure_within_quota(tx: Reader, member: int, size: int, rights: LevelPermissions) -> None:
    """Raise QuotaFull if another file of this size would exceed the quota of the member's trust level."""
    if await tx.value(SELECT_STORED_BYTES, member=member) + size > rights.storage * 1024 * 1024:
        raise QuotaFull(
            translatable("You can store up to %(most)s MB of files, and this one would not fit."),
            field="file",
            most=rights.storage,
        )


def _markdown_of(url: str, prepared: PreparedFile) -> str:
    if prepared.width:
        return f"![]({url}?{prepared.width}x{prepared.height})"
    label = "".join(letter for letter in prepared.name if letter not in "[]\\`*_<>")
    return f"[{label or 'file'}]({url})"


def file_url(file_id: int, name: str) -> str:
    """Return the URL path of a file: `/files/ID/NAME`, the name with only ASCII letters, digits, `-`, `_` and `.`."""
    return f"/files/{file_id}/{ascii_name(name)}"
