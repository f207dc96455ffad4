"""The validator (ETag) of a page of a topic: it changes whenever the page would look different to this viewer."""

from sqlalchemy import bindparam, func, select

from core.actor import Actor
from core.errors import NotFound
from core.ids import TopicId
from core.languages.texts import current_language
from forum.tables import topics
from forum.visibility import seen_by, visible_topics
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import statement
from storage.tables import channels

_topic_seq = select(channels.c.seq).where(channels.c.name == bindparam("channel")).scalar_subquery()
_members_seq = select(channels.c.seq).where(channels.c.name == "members").scalar_subquery()
_SELECT_VALIDATOR = statement(
    select(func.coalesce(_topic_seq, 0), func.coalesce(_members_seq, 0), topics.c.sector_id).where(
        topics.c.id == bindparam("id"), visible_topics()
    )
)


async def read_validator(tx: Reader, actor: Actor, topic_id: TopicId, epoch: str) -> tuple[Stream, str]:
    """Return the position of the topic's stream and an ETag for its pages; raise NotFound if the actor cannot see the topic.

    The ETag combines the positions of the topic's log and of the members' log (names and pictures of authors) with who the
    viewer is, whether the viewer moderates the sector, and the language, in which prepared texts are shown.
    """
    channel = f"topic:{topic_id}"
    row = await tx.row(_SELECT_VALIDATOR, id=topic_id, channel=channel, **seen_by(actor))
    if row is None:
        raise NotFound
    topic_seq, members_seq, sector_id = row
    viewer = f"{actor.id or 0}{'m' if actor.moderates_in(sector_id) else ''}"
    etag = f'"{epoch[:8]}.{topic_seq}.{members_seq}.{viewer}.{current_language().tag}"'
    return Stream(channel, epoch, topic_seq), etag
