"""The HTTP routes that upload files and pictures; those that serve them belong to the pages because they return no JSON."""

from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import documented_response, json_response
from forum.files.file_types import MAX_FILE_SIZE
from forum.files.files import File, NewFile, prepare_file, store_file
from forum.files.member_pictures import NewPicture, prepare_picture
from members.profiles import pictures
from members.profiles.pictures import Picture
from members.profiles.trust import TrustRules, permissions_of
from storage.database import Database
from storage.idempotency import IdempotentRequest

# The largest file in base64, which grows by a third, plus 64 KiB for the rest of the JSON.
MAX_UPLOAD_REQUEST_SIZE = MAX_FILE_SIZE * 4 // 3 + 64 * 1024


@post(
    "/files",
    responses=documented_response(201, File),
    request_max_body_size=MAX_UPLOAD_REQUEST_SIZE,
    operation_id="upload_file",
)
async def upload_file(
    data: JSONBody[NewFile],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    trust: NamedDependency[TrustRules],
) -> Response[bytes]:
    """Upload a file: an image, which is re-encoded without metadata, a PDF, an office document or plain text."""
    rights = permissions_of(trust, actor)
    prepared = await prepare_file(db, actor, data.name, data.content, rights)
    answer = await idempotent.respond(db, lambda tx: store_file(tx, actor, prepared, rights), 201)
    return json_response(answer.body, answer.status)


@put(
    "/me/picture",
    request_max_body_size=MAX_UPLOAD_REQUEST_SIZE,
    operation_id="set_picture",
)
async def set_picture(
    data: JSONBody[NewPicture],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    trust: NamedDependency[TrustRules],
) -> Picture:
    """Set the caller's picture: a square part of an image, stored in two sizes without metadata."""
    prepared = await prepare_picture(db, actor, data, permissions_of(trust, actor))
    async with db.begin() as tx:
        return await pictures.set_picture(tx, actor, prepared)


@delete("/me/picture", status_code=204, operation_id="remove_picture")
async def remove_picture(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Delete the caller's picture."""
    async with db.begin() as tx:
        await pictures.remove_picture(tx, actor)


file_routes = [upload_file, set_picture, remove_picture]
