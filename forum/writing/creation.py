"""Creation of topics by members: screening, then the write, with one response for all retries of the request."""

from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import Refusal
from core.ids import SectorId, TopicId
from forum import sectors
from forum.policy import ensure_can_start_topic
from forum.posts.screening import TextToScreen, attempt_id
from forum.posts.shapes_held import HeldPost
from forum.shapes import NewTopic
from forum.text.quotes import extract_quotes_in_own_transaction
from forum.text.rendering import render_post
from forum.topics import topics
from forum.writing.replies import Replies
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest, StoredResponse, encode


async def create_topic(
    db: Database, replies: Replies, actor: Actor, slug: str, new: NewTopic, idempotent: IdempotentRequest
) -> StoredResponse:
    """Start a topic with its first post and return the response: 201 with the `Topic`, or 202 with the `HeldPost`.

    Raise NotFound if there is no such sector, or the refusals of `start_topic`.
    """
    async with db.read() as tx:
        sector_id = await sectors.get_sector_id(tx, slug)
    if _can_start(actor, sector_id):
        # The rules check exactly the text that will be stored. Nothing is stored for an actor who may not start topics.
        new = replace(new, body=await extract_quotes_in_own_transaction(db, actor, new.body))
    html = (await render_post(db, new.body, site=db.site)).html
    replies.ensure_within_rights(actor, html, new.title)
    written = TextToScreen(
        kind="topic",
        sector_id=sector_id,
        title="\n".join((new.title, *new.tags)),
        body=new.body,
        html=html,
        attempt=attempt_id(idempotent),
    )
    verdict = None if actor.id is None else await replies.screen(actor, written, None)

    async def verb(tx: Transaction) -> StoredResponse:
        started = await topics.start_topic(tx, actor, slug, new, verdict)
        if isinstance(started, HeldPost):
            return StoredResponse(202, encode(started))
        return StoredResponse(201, encode(await topics.show_topic(tx, actor, TopicId(started), db.epoch)))

    return await idempotent.respond_with(db, verb)


def _can_start(actor: Actor, sector_id: SectorId) -> bool:
    try:
        ensure_can_start_topic(actor, sector_id, clock.now())
    except Refusal:
        return False
    return True
