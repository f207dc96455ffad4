"""Attachments in forms for posts: an uploaded file is stored, and its Markdown is added to the text."""

from collections.abc import Mapping

from core import clock
from core.actor import Actor
from forum.files.attachments import TooManyFiles
from forum.files.file_types import MAX_FILE_SIZE
from forum.files.files import prepare_file, store_file
from forum.writing.replies import Replies
from members.profiles.trust import LevelPermissions, permissions_of
from pages.shell.forms import Typed, text_in
from pages.shell.uploads import Upload

# One file and the text of the post.
LARGEST_FORM = MAX_FILE_SIZE + 256 * 1024

_NOT_IN_ALT = str.maketrans("[]\n", "()\x20")


async def attach(replies: Replies, actor: Actor, typed: Typed, uploads: Mapping[str, Upload]) -> Typed:
    """Store the uploaded file, if there is one, and return the form with the file's Markdown at the end of its text; raise
    TooManyFiles and the refusals of `prepare_file` and `store_file`."""
    upload = uploads.get("file")
    if upload is None:
        return typed
    actor.may_write(clock.now())
    rights = permissions_of(replies.trust, actor) if replies.trust is not None else LevelPermissions()
    if not rights.attachments:
        raise TooManyFiles(0)
    prepared = await prepare_file(replies.db, actor, upload.name, upload.content, rights)
    async with replies.db.begin() as tx:
        stored = await store_file(tx, actor, prepared, rights)
    description = text_in(typed, "alt").translate(_NOT_IN_ALT).strip()[:500]
    markdown = stored.markup.replace("![]", f"![{description}]", 1)
    body = text_in(typed, "body").rstrip()
    return {**typed, "body": [f"{body}\n\n{markdown}\n" if body else f"{markdown}\n"], "alt": [""]}
