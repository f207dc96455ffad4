"""HTTP routes of translations of posts."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import PostId
from forum.translations import translations
from forum.translations.shapes import PostTranslation, WantedTranslation
from forum.translations.translator import Translator
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest, StoredResponse, encode


@post(
    "/posts/{post_id:int}/translations",
    responses=documented_response(200, PostTranslation) | documented_response(202, PostTranslation),
    operation_id="ask_for_translation",
)
async def ask_for_translation(
    post_id: PathId,
    data: JSONBody[WantedTranslation],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    translator: NamedDependency[Translator],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Ask for the machine translation of a post; 202 while the translator has not made it yet."""

    async def ask(tx: Transaction) -> StoredResponse:
        found = await translations.ask_for_translation(tx, actor, PostId(post_id), data.language, translator)
        return StoredResponse(202 if found.state == "waiting" else 200, encode(found))

    response = await idempotent.respond_with(db, ask)
    return json_response(response.body, response.status)


@get("/posts/{post_id:int}/translations/{language:str}", operation_id="read_translation")
async def read_translation(
    post_id: PathId, language: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PostTranslation:
    """Return the machine translation of a post that somebody asked for."""
    async with db.read() as tx:
        return await translations.get_translation(tx, actor, PostId(post_id), language)


translation_routes = [ask_for_translation, read_translation]
