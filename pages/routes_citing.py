"""How a post or a topic is cited."""

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from core import clock
from core.http import PathId
from core.ids import PostId, TopicId
from forum.citing import Citation, cite_post, cite_topic
from pages.routes_posts import Desk


@get("/cite/posts/{post_id:int}", include_in_schema=False)
async def show_post_citation(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """A post in plain words, for BibTeX and as CSL-JSON."""
    async with desk.db.read() as tx:
        made = await cite_post(
            tx, desk.actor, PostId(post_id), desk.press.community.name, desk.db.site, clock.now().date()
        )
    return _show(desk, made, f"/p/{post_id}", "Back to the post")


@get("/cite/topics/{topic_id:int}", include_in_schema=False)
async def show_topic_citation(topic_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """A topic in plain words, for BibTeX and as CSL-JSON."""
    async with desk.db.read() as tx:
        made = await cite_topic(
            tx, desk.actor, TopicId(topic_id), desk.press.community.name, desk.db.site, clock.now().date()
        )
    return _show(desk, made, f"/t/{topic_id}", "Back to the topic")


def _show(desk: Desk, made: Citation, address: str, back: str) -> Response[bytes]:
    csl = msgspec.json.format(msgspec.json.encode([made.csl]), indent=2).decode()
    forms = [("In words", made.text), ("BibTeX", made.bibtex.strip()), ("CSL-JSON", csl)]
    return desk.press.page(
        desk.request, desk.actor, "cite.html", made=made, forms=forms, address=address, back=back
    )


routes = [show_post_citation, show_topic_citation]
