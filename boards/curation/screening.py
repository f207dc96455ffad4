"""Screening of texts on boards by the automatic filters.

Entries are not held for approval, because others build on them immediately: a text that a filter matches is published and
reported to the moderators.
"""

from boards.policy import BoardFacts
from core.actor import Actor
from core.ids import PostId, TopicId
from forum.posts.screening import Screen, TextBeforeEdit, TextToScreen, report_matches
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_POST_TEXT = statement("SELECT topic_id, body, html, posted_at FROM posts WHERE id = :post")


async def read_text_before_edit(tx: Reader, post_id: PostId) -> TextBeforeEdit:
    """Return the current text of a post, for the comparison with the edited one."""
    row = await tx.row(SELECT_POST_TEXT, post=post_id)
    assert row is not None
    return TextBeforeEdit(post_id=post_id, body=row["body"], html=row["html"], posted_at=row["posted_at"])


async def screen_post(
    tx: Transaction,
    actor: Actor,
    board: BoardFacts,
    post_id: PostId,
    screen: Screen,
    before: TextBeforeEdit | None = None,
) -> None:
    """Screen the current text of an entry's post, or of a reply to it, and report what the filters match."""
    row = await tx.row(SELECT_POST_TEXT, post=post_id)
    assert row is not None
    text = TextToScreen(
        kind="entry",
        sector_id=board.sector_id,
        topic_id=TopicId(row["topic_id"]),
        body=row["body"],
        html=row["html"],
        before=before,
    )
    await report_matches(tx, actor, text, post_id, screen)
