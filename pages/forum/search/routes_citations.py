"""Pages that show how to cite a post or a topic."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from core import clock
from core.http import PathId
from core.ids import PostId, TopicId
from core.languages.texts import gettext
from forum.exports.citation_formats import Citation, cite_post, cite_topic
from pages.shell.context import PageContext


@get("/cite/posts/{post_id:int}", include_in_schema=False)
async def show_post_citation(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the citation of a post in words, in BibTeX and in CSL-JSON."""
    async with context.db.read() as tx:
        made = await cite_post(
            tx,
            context.actor,
            PostId(post_id),
            str(context.renderer.community.name),
            context.db.site,
            clock.now().date(),
        )
    return _show(context, made, f"/p/{post_id}", gettext("Back to the post"))


@get("/cite/topics/{topic_id:int}", include_in_schema=False)
async def show_topic_citation(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the citation of a topic in words, in BibTeX and in CSL-JSON."""
    async with context.db.read() as tx:
        made = await cite_topic(
            tx,
            context.actor,
            TopicId(topic_id),
            str(context.renderer.community.name),
            context.db.site,
            clock.now().date(),
        )
    return _show(context, made, f"/t/{topic_id}", gettext("Back to the topic"))


def _show(context: PageContext, made: Citation, address: str, back: str) -> Response[bytes]:
    csl = msgspec.json.format(msgspec.json.encode([made.csl]), indent=2).decode()
    forms = [(gettext("In words"), made.text), ("BibTeX", made.bibtex.strip()), ("CSL-JSON", csl)]
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/search/cite.html",
        made=made,
        forms=forms,
        address=address,
        back=back,
    )


routes = [show_post_citation, show_topic_citation]
