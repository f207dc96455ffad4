"""Files: what was uploaded, stored once for all who bring the same, and seen by who can see a post that uses it."""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import BigInteger, Boolean, and_, bindparam, exists, not_, or_, select

from core import clock
from core.actor import Actor
from core.errors import Denied, NotFound, TooBig
from core.text import ONE_LINE
from forum.files.uploads import LARGEST, FileTooBig, Prepared, prepare_aside
from forum.tables import file_contents, file_uses, files, posts, topics
from forum.visibility import is_moderated, posts_not_held, seen_by, visible_text, visible_topics
from members.profiles.trust import Rights
from storage.database import Database, Reader, Transaction
from storage.statements import statement

# What no post uses is a draft that was given up, or was taken out of everything.
UNUSED = timedelta(days=2)


class NewFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to upload; in JSON `content` is written in base64."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
    content: bytes


class File(Struct, frozen=True, kw_only=True):
    """A file, and where it is to be had."""

    id: int
    name: str
    media_type: str
    size: int
    address: str
    # What one puts into a text that shows it, or links to it; of a picture the words that describe it come between the
    # brackets.
    markup: str = ""


class QuotaFull(TooBig):
    """The member keeps as much here as one may (OWASP ASVS 5.0, 5.2.4: a quota for each user)."""

    message = "You have as many files here as one can have so far."


class FileHidden(Denied):
    """A moderator has hidden the file; why stands in the ledger."""

    message = "Moderators have hidden this file."


_used = exists(
    select(file_uses.c.file_id)
    .join(posts, posts.c.id == file_uses.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(file_uses.c.file_id == files.c.id, posts_not_held(), visible_topics(), visible_text())
)
_moderated = exists(
    select(file_uses.c.file_id)
    .join(posts, posts.c.id == file_uses.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(file_uses.c.file_id == files.c.id, is_moderated())
)
# Of a hidden one its place is left, and to moderators the file.
_IS_GONE = and_(
    files.c.hidden_at.is_not(None), not_(or_(bindparam("administers", type_=Boolean), _moderated))
)
_VISIBLE = or_(_used, files.c.uploaded_by == bindparam("reader", type_=BigInteger))
_FIND = statement(
    select(files.c.id, files.c.name, files.c.media_type, files.c.size).where(
        files.c.id == bindparam("id", type_=BigInteger), _VISIBLE
    )
)
_CONTENT = statement(
    select(files.c.name, files.c.media_type, file_contents.c.content, _IS_GONE.label("is_gone"))
    .join(file_contents, file_contents.c.sha256 == files.c.sha256)
    .where(and_(files.c.id == bindparam("id", type_=BigInteger), _VISIBLE))
)
_TAKEN = statement("SELECT coalesce(sum(size), 0) FROM files WHERE uploaded_by = :member")
_TURN = statement("SELECT pg_advisory_xact_lock(hashtextextended('files of ' || CAST(:member AS text), 0))")
_STORE = statement(
    "INSERT INTO file_contents AS c (sha256, content) VALUES (:sha256, :content) "
    # Written again, so that it is held: nobody forgets it between here and its use.
    "ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256"
)
_NAME = statement("""
INSERT INTO files (sha256, name, media_type, size, uploaded_by, uploaded_at, width, height)
VALUES (:sha256, :name, :media_type, :size, :member, :now, :width, :height) RETURNING id
""")
_DROP = statement("""
DELETE FROM files WHERE id = (
    SELECT f.id FROM files f WHERE f.uploaded_at < :before AND NOT EXISTS (SELECT FROM file_uses u WHERE u.file_id = f.id)
        AND NOT EXISTS (
            SELECT FROM drafts d WHERE d.member_id = f.uploaded_by AND strpos(d.body, '/files/' || f.id || '/') > 0
        ) AND NOT EXISTS (
            SELECT FROM held_posts h WHERE h.edit_by = f.uploaded_by AND strpos(h.edit_body, '/files/' || f.id || '/') > 0
        )
    ORDER BY f.id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING sha256
""")
_EMPTY = statement("""
DELETE FROM file_contents c WHERE c.sha256 = :sha256 AND NOT EXISTS (SELECT FROM files f WHERE f.sha256 = c.sha256)
""")


async def prepare_file(db: Database, actor: Actor, name: str, content: bytes, rights: Rights) -> Prepared:
    """Bring a file into the form in which it is stored. Who may not write, or has no room left for it, is refused before
    anything in it is read; no connection waits for the reading."""
    member = actor.may_write(clock.now())
    if len(content) > LARGEST:
        raise FileTooBig(field="file")
    async with db.read() as tx:
        await _ensure_room(tx, member, len(content), rights)
    return await prepare_aside(name, content)


async def store_file(tx: Transaction, actor: Actor, prepared: Prepared, rights: Rights) -> File:
    """Keep a file that was prepared; until a post uses it, only who uploaded it sees it."""
    now = clock.now()
    member = actor.may_write(now)
    await tx.run(_TURN, member=str(member))
    await _ensure_room(tx, member, len(prepared.content), rights)
    sha256 = hashlib.sha256(prepared.content).digest()
    await tx.run(_STORE, sha256=sha256, content=prepared.content)
    name, kind, size = prepared.name, prepared.media_type, len(prepared.content)
    facts = {"width": prepared.width, "height": prepared.height, "member": member, "now": now}
    id = await tx.value(_NAME, sha256=sha256, name=name, media_type=kind, size=size, **facts)
    address = address_of(id, name)
    return File(
        id=id, name=name, media_type=kind, size=size, address=address, markup=_markup(address, prepared)
    )


async def find_file(tx: Reader, actor: Actor, file_id: int) -> File | None:
    """A file that the actor can see."""
    row = await tx.row(_FIND, id=file_id, **seen_by(actor))
    return None if row is None else File(address=address_of(row["id"], row["name"]), **row)


async def read_file(tx: Reader, actor: Actor, file_id: int) -> Prepared:
    """All of a file that the actor can see."""
    row = await tx.row(_CONTENT, id=file_id, **seen_by(actor))
    if row is None:
        raise NotFound
    if row["is_gone"]:
        raise FileHidden
    return Prepared(row["name"], row["media_type"], bytes(row["content"]))


async def forget_unused_file(db: Database) -> bool:
    """Drop one file that nothing has used for days; a chore."""
    before: datetime = clock.now() - UNUSED
    async with db.begin() as tx:
        sha256 = await tx.value(_DROP, before=before)
        if sha256 is None:
            return False
        await tx.run(_EMPTY, sha256=sha256)
    return True


async def _ensure_room(tx: Reader, member: int, size: int, rights: Rights) -> None:
    if await tx.value(_TAKEN, member=member) + size > rights.storage * 1024 * 1024:
        raise QuotaFull(f"You have {rights.storage} MB of files here at most so far.", field="file")


def _markup(address: str, prepared: Prepared) -> str:
    if prepared.width:
        return f"![]({address}?{prepared.width}x{prepared.height})"
    label = "".join(letter for letter in prepared.name if letter not in "[]\\`*_<>")
    return f"[{label or 'file'}]({address})"


def address_of(file_id: int, name: str) -> str:
    """Where a file is to be had; what is not plain in its name is left out of the address."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name
    )
    return f"/files/{file_id}/{plain.strip('.-') or 'file'}"
