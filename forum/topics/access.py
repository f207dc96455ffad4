"""Who reads a topic that is not for everyone: the limit, and those who are invited one by one. No rule is asked here."""

from typing import Literal

from core.ids import GatheringId, MemberId, SectorId, TopicId
from forum.authors import author_of
from forum.events import ReadersChanged, TopicListingChanged
from members.events import AccessChanged
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement

Readers = Literal["everyone", "members", "listed"]

_PLACE = statement(
    "UPDATE topics SET gathering_id = :gathering, readers = :readers, body = :body WHERE id = :topic"
)
_LIMIT = statement(
    "UPDATE topics SET readers = :readers, body = :body, version = version + 1 WHERE id = :topic"
)
_INVITE = statement(
    "INSERT INTO topic_readers VALUES (:topic, :member) ON CONFLICT DO NOTHING RETURNING member_id"
)
_UNINVITE = statement("DELETE FROM topic_readers WHERE topic_id = :topic AND member_id = :member")
_INVITED = statement("""
SELECT m.id, m.handle, m.display_name, m."group"
FROM topic_readers r JOIN public_authors m ON m.id = r.member_id WHERE r.topic_id = :topic ORDER BY m.handle
""")


async def assign_to_gathering(
    tx: Transaction, topic_id: TopicId, gathering_id: GatheringId, readers: Readers, body: str | None
) -> None:
    """Make a topic that was just opened that of a gathering's room, whose hosts read it in any case."""
    await tx.run(_PLACE, topic=topic_id, gathering=gathering_id, readers=readers, body=body)


async def set_readers(
    tx: Transaction, topic_id: TopicId, sector_id: SectorId, readers: Readers, body: str | None
) -> None:
    """Say who reads a topic from now on; all who listen to it are asked again whether they may."""
    await tx.run(_LIMIT, topic=topic_id, readers=readers, body=body)
    await tx.record(TopicListingChanged(sector_id=sector_id, topic_id=topic_id))
    await tx.record(ReadersChanged(topic_id=topic_id))


async def invite(tx: Transaction, topic_id: TopicId, member: MemberId) -> None:
    """Let a member read a topic whose readers are listed; to be invited already is no mistake."""
    if await tx.value(_INVITE, topic=topic_id, member=member) is not None:
        await tx.record(AccessChanged(member_id=member))


async def uninvite(tx: Transaction, topic_id: TopicId, member: MemberId) -> None:
    """Invite a member no longer; open sockets of that member lose the topic, unless it can be read all the same."""
    if await tx.run(_UNINVITE, topic=topic_id, member=member):
        await tx.record(AccessChanged(member_id=member))


async def read_invited(tx: Reader, topic_id: TopicId) -> list[Author]:
    """Who is invited, by handle."""
    found = [author_of(*row.values()) for row in await tx.rows(_INVITED, topic=topic_id)]
    return [author for author in found if author is not None]
