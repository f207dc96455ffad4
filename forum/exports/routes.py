"""HTTP routes that export a topic as a file and that return citations."""

from collections.abc import AsyncIterator, Callable

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from core import clock
from core.actor import Actor
from core.http import PathId
from core.ids import PostId, TopicId
from forum.exports.citation_formats import Citation, cite_post, cite_topic
from forum.exports.exports import TopicExport, start_export, stream_json, stream_markdown
from storage.database import Database

StreamFormat = Callable[[Database, Actor, TopicExport], AsyncIterator[bytes]]


@get("/topics/{topic_id:int}/export.md", operation_id="export_topic_md")
async def export_markdown(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Stream:
    """Export a topic with all its posts as Markdown."""
    return await _stream(topic_id, actor, db, stream_markdown, "md", "text/markdown; charset=utf-8")


@get("/topics/{topic_id:int}/export.json", operation_id="export_topic_json")
async def export_json(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Stream:
    """Export a topic with all its posts as JSON."""
    return await _stream(topic_id, actor, db, stream_json, "json", "application/json")


@get("/topics/{topic_id:int}/cite", operation_id="cite_topic")
async def read_topic_citation(
    topic_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    community_name: NamedDependency[str],
) -> Citation:
    """Return the citation of a topic as plain text, BibTeX and CSL-JSON."""
    async with db.read() as tx:
        return await cite_topic(tx, actor, TopicId(topic_id), community_name, db.site, clock.now().date())


@get("/posts/{post_id:int}/cite", operation_id="cite_post")
async def read_post_citation(
    post_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    community_name: NamedDependency[str],
) -> Citation:
    """Return the citation of a post as plain text, BibTeX and CSL-JSON."""
    async with db.read() as tx:
        return await cite_post(tx, actor, PostId(post_id), community_name, db.site, clock.now().date())


async def _stream(
    topic_id: int, actor: Actor, db: Database, stream_format: StreamFormat, extension: str, media_type: str
) -> Stream:
    export = await start_export(db, actor, TopicId(topic_id))
    headers = {
        "Content-Disposition": f'attachment; filename="topic-{topic_id}.{extension}"',
        "Cache-Control": "no-store",
    }
    return Stream(stream_format(db, actor, export), media_type=media_type, headers=headers)


export_routes = [export_markdown, export_json, read_topic_citation, read_post_citation]
