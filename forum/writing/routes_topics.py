"""HTTP routes that start topics and change their title, tags and kind."""

from litestar import Response, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import TopicId
from forum.posts.shapes_held import HeldPost
from forum.shapes import NewTopic, Topic, TopicChange
from forum.topics import settings, topics
from forum.writing import creation
from forum.writing.replies import Replies
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest


@post(
    "/sectors/{slug:str}/topics",
    responses=documented_response(201, Topic) | documented_response(202, HeldPost),
    operation_id="start_topic",
)
async def start_topic(
    slug: FromPath[str],
    data: JSONBody[NewTopic],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Start a topic with its first post; 202 if a rule holds the post until a moderator approves it."""
    response = await creation.create_topic(db, replies, actor, slug, data, idempotent)
    return json_response(response.body, response.status)


@patch("/topics/{topic_id:int}", responses=documented_response(200, Topic), operation_id="change_topic")
async def change_topic(
    topic_id: PathId,
    data: JSONBody[TopicChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change the title, the tags or the kind of a topic."""

    async def verb(tx: Transaction) -> Topic:
        if data.title is not UNSET:
            replies.ensure_within_rights(actor, "", data.title)
        await settings.change_topic(tx, actor, TopicId(topic_id), data, version_in(if_match), replies.screen)
        return await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)

    response = await idempotent.respond(db, verb)
    return json_response(response.body, response.status)


topic_writing_routes = [start_topic, change_topic]
