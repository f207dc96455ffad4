"""The HTTP side of writing: how it will look, and who refers to what was written."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId
from core.ids import PostId
from forum.shapes import CitationList, Preview, Sketch
from forum.writing import previews, references
from members.profiles.trust import TrustRules, rights_of
from storage.database import Database


@post("/previews", status_code=200, operation_id="preview")
async def preview(
    data: JSONBody[Sketch],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    trust: NamedDependency[TrustRules],
) -> Preview:
    """How Markdown will look when posted, and who will be told that it calls them by name."""
    async with db.read() as tx:
        return await previews.preview(tx, actor, data, rights_of(trust, actor), db.site)


@get("/posts/{post_id:int}/citations", operation_id="read_citations")
async def read_citations(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> CitationList:
    """The posts that quote a post or link to it, as far as one can see them."""
    async with db.read() as tx:
        return await references.read_citations(tx, actor, PostId(post_id))


writing_routes = [preview, read_citations]
