"""Having what is written on boards looked at by rules. An entry is a line of a table that others build on at once, so
none is held: what is caught is out, and moderators look at it."""

from boards.policy import BoardFacts
from core.actor import Actor
from core.ids import PostId, TopicId
from forum.posts.screening import Screen, TextBeforeEdit, TextToScreen, report_matches
from storage.database import Reader, Transaction
from storage.statements import statement

_TEXT = statement("SELECT topic_id, body, html, posted_at FROM posts WHERE id = :post")


async def read_text(tx: Reader, post_id: PostId) -> TextBeforeEdit:
    """What a post says, before it says something else."""
    row = await tx.row(_TEXT, post=post_id)
    assert row is not None
    return TextBeforeEdit(post_id=post_id, body=row["body"], html=row["html"], posted_at=row["posted_at"])


async def look_at(
    tx: Transaction,
    actor: Actor,
    board: BoardFacts,
    post_id: PostId,
    screen: Screen,
    before: TextBeforeEdit | None = None,
) -> None:
    """Have looked at what an entry, or a post about it, says now."""
    row = await tx.row(_TEXT, post=post_id)
    assert row is not None
    written = TextToScreen(
        kind="entry",
        sector_id=board.sector_id,
        topic_id=TopicId(row["topic_id"]),
        body=row["body"],
        html=row["html"],
        before=before,
    )
    await report_matches(tx, actor, written, post_id, screen)
