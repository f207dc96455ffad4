"""Previews in forms: the same preview of a post as in the API."""

from core.actor import Actor
from forum.shapes import Preview, Sketch
from forum.writing.previews import preview_text
from forum.writing.replies import Replies
from pages.shell.forms import to_shape


async def preview_of(replies: Replies, actor: Actor, body: str, draft: str) -> Preview:
    """Return how the text of a form will look, and which members it will notify."""
    sketch = to_shape(Sketch, {"body": body, "draft": draft})
    async with replies.db.read() as tx:
        return await preview_text(tx, actor, sketch, replies.edit_rules(actor).rights, replies.db.site)
