"""HTTP routes with which members flag posts, topics, files and profiles."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from moderation.flags import flags
from moderation.shapes import Flag, NewFlag, ObjectReference
from storage.database import Database
from storage.idempotency import IdempotentRequest


@post("/posts/{post_id:int}/flags", responses=documented_response(201, Flag), operation_id="flag_post")
async def flag_post(
    post_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Report a post to the moderators."""
    answer = await idempotent.respond(
        db, lambda tx: flags.flag_object(tx, actor, ObjectReference("post", post_id), data), 201
    )
    return json_response(answer.body, answer.status)


@post("/topics/{topic_id:int}/flags", responses=documented_response(201, Flag), operation_id="flag_topic")
async def flag_topic(
    topic_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Report a whole topic to the moderators: its title, its tags or its purpose."""
    answer = await idempotent.respond(
        db, lambda tx: flags.flag_object(tx, actor, ObjectReference("topic", topic_id), data), 201
    )
    return json_response(answer.body, answer.status)


@post("/files/{file_id:int}/flags", responses=documented_response(201, Flag), operation_id="flag_file")
async def flag_file(
    file_id: PathId,
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Report a file that is used in a post to the moderators."""
    answer = await idempotent.respond(
        db, lambda tx: flags.flag_object(tx, actor, ObjectReference("file", file_id), data), 201
    )
    return json_response(answer.body, answer.status)


@post("/members/{handle:str}/flags", responses=documented_response(201, Flag), operation_id="flag_profile")
async def flag_profile(
    handle: FromPath[str],
    data: JSONBody[NewFlag],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Report a member's profile to the moderators."""
    answer = await idempotent.respond(db, lambda tx: flags.flag_profile(tx, actor, handle, data), 201)
    return json_response(answer.body, answer.status)


routes = [flag_post, flag_topic, flag_file, flag_profile]
