"""Files in forms where one writes: chosen, stored, and named in the text, with and without scripts."""

from collections.abc import Mapping

from core import clock
from core.actor import Actor
from forum.files.attachments import TooManyFiles
from forum.files.files import prepare_file, store_file
from forum.files.uploads import MAX_FILE_SIZE
from forum.writing.replies import Replies
from members.profiles.trust import LevelPermissions, permissions_of
from pages.shell.forms import Typed, text_in
from pages.shell.uploads import Upload

# A file, and the text around it.
LARGEST_FORM = MAX_FILE_SIZE + 256 * 1024

_NOT_IN_ALT = str.maketrans("[]\n", "()\x20")


async def attach(replies: Replies, actor: Actor, typed: Typed, uploads: Mapping[str, Upload]) -> Typed:
    """What was typed, and at its end the file that was chosen with it, if one was."""
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
    words = text_in(typed, "alt").translate(_NOT_IN_ALT).strip()[:500]
    named = stored.markup.replace("![]", f"![{words}]", 1)
    body = text_in(typed, "body").rstrip()
    return {**typed, "body": [f"{body}\n\n{named}\n" if body else f"{named}\n"], "alt": [""]}
