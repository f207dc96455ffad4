"""Access to topics that are not for everyone: who may read them, and invited members. The callers check permissions."""

from typing import Literal

from core.ids import GatheringId, MemberId, SectorId, TopicId
from forum.authors import author_of
from forum.events import ReadersChanged, TopicListingChanged
from members.events import AccessChanged
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement

Readers = Literal["everyone", "members", "listed"]

_UPDATE_TOPIC_READERS = statement(
    "UPDATE topics SET gathering_id = :gathering, readers = :readers, body = :body WHERE id = :topic"
)
_UPDATE_READERS = statement(
    "UPDATE topics SET readers = :readers, body = :body, version = version + 1 WHERE id = :topic"
)
_INSERT_READER = statement(
    "INSERT INTO topic_readers VALUES (:topic, :member) ON CONFLICT DO NOTHING RETURNING member_id"
)
_DELETE_READER = statement("DELETE FROM topic_readers WHERE topic_id = :topic AND member_id = :member")
_SELECT_INVITED_READERS = statement("""
SELECT m.id, m.handle, m.display_name, m."group", m.picture
FROM topic_readers r JOIN public_authors m ON m.id = r.member_id WHERE r.topic_id = :topic ORDER BY m.handle
""")


async def assign_to_gathering(
    tx: Transaction, topic_id: TopicId, gathering_id: GatheringId, readers: Readers, body: str | None
) -> None:
    """Make a new topic the topic of a gathering's room; hosts of the gathering can always read it."""
    await tx.run(_UPDATE_TOPIC_READERS, topic=topic_id, gathering=gathering_id, readers=readers, body=body)


async def set_readers(
    tx: Transaction, topic_id: TopicId, sector_id: SectorId, readers: Readers, body: str | None
) -> None:
    """Set who may read a topic; the access of all its listeners is checked again."""
    await tx.run(_UPDATE_READERS, topic=topic_id, readers=readers, body=body)
    await tx.record(TopicListingChanged(sector_id=sector_id, topic_id=topic_id))
    await tx.record(ReadersChanged(topic_id=topic_id))


async def invite(tx: Transaction, topic_id: TopicId, member: MemberId) -> None:
    """Add a member to the listed readers of a topic; inviting the member again changes nothing."""
    if await tx.value(_INSERT_READER, topic=topic_id, member=member) is not None:
        await tx.record(AccessChanged(member_id=member))


async def uninvite(tx: Transaction, topic_id: TopicId, member: MemberId) -> None:
    """Remove a member from the listed readers; the member's open sockets leave the topic unless access remains."""
    if await tx.run(_DELETE_READER, topic=topic_id, member=member):
        await tx.record(AccessChanged(member_id=member))


async def read_invited(tx: Reader, topic_id: TopicId) -> list[Author]:
    """Return the invited members, ordered by handle."""
    found = [author_of(*row.values()) for row in await tx.rows(_SELECT_INVITED_READERS, topic=topic_id)]
    return [author for author in found if author is not None]
