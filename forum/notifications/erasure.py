"""Erasure of notifications of others: those about deleted posts, and the name in those that stay."""

from collections.abc import Sequence

from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETE_NOTIFICATIONS_OF_POSTS = statement(
    "DELETE FROM notifications WHERE post_id = ANY(CAST(:ids AS bigint[]))"
)
# `reason` is the sentence of older rows; with other codes, `name` in `because` is that of a sector, a tag or a search.
UPDATE_NOTIFICATIONS_UNNAMED = statement("""
UPDATE notifications SET reason = replace(reason, :name, :former), because = CASE
    WHEN because ->> 'name' = :name AND because ->> 'code' = ANY('{accepted,edited,mentions_you,quotes_you}')
    THEN jsonb_set(because, '{name}', to_jsonb(CAST(:former AS text))) - 'by' ELSE because END
WHERE because ->> 'name' = :name OR strpos(reason, :name) > 0
""")
UPDATE_NOTIFICATIONS_UNTITLED = statement("""
UPDATE notifications SET because = jsonb_set(because, '{title}', to_jsonb(CAST(:title AS text)))
WHERE topic_id = ANY(CAST(:topics AS bigint[])) AND because ? 'title'
""")


async def delete_notifications(tx: Transaction, post_ids: Sequence[int]) -> None:
    """Delete everybody's notifications about these posts."""
    await tx.run(DELETE_NOTIFICATIONS_OF_POSTS, ids=list(post_ids))


async def unname_notifications(tx: Transaction, erasure: Erasure, former_name: str) -> None:
    """Take the member's name out of the reasons of others' notifications; it also leaves those of a namesake."""
    await tx.run(UPDATE_NOTIFICATIONS_UNNAMED, name=erasure.name, former=former_name)


async def untitle_notifications(tx: Transaction, topic_ids: Sequence[int], title: str) -> None:
    """Replace the title of these topics in everybody's notifications."""
    await tx.run(UPDATE_NOTIFICATIONS_UNTITLED, topics=list(topic_ids), title=title)
