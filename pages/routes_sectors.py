"""A sector's page, and starting a topic there."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from core import clock
from core.actor import Actor
from core.errors import Refusal, allowed
from core.http import Cursor, status_of
from core.ids import SectorId, TopicId
from forum import topics
from forum.lists import read_topics
from forum.markup import render
from forum.policy import ensure_can_start_topic
from forum.sectors import get_sector
from forum.shapes import NewTopic, Topic, TopicOrder
from gatherings.gatherings import read_gatherings
from pages.addresses import topic_address
from pages.forms import Form, Typed, once_of, read_form, text_in, to_shape
from pages.press import AnyRequest, Press, go_to
from storage.database import Database, Transaction

_NEXT = 3

Tag = Annotated[str | None, QueryParameter(max_length=60)]


@get("/s/{slug:str}", include_in_schema=False)
async def show_sector(
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
    tag: Tag = None,
) -> Response[bytes]:
    """A sector: its topics, by latest activity, newest or most discussed, and what is next in it."""
    async with db.read() as tx:
        sector = await get_sector(tx, slug)
        page = await read_topics(tx, actor, db.epoch, SectorId(sector.id), order, after, tag)
        coming = (await read_gatherings(tx, "upcoming", slug, count=_NEXT)).items
    can_start = allowed(ensure_can_start_topic, actor, clock.now())
    return press.page(
        request,
        actor,
        "sector.html",
        sector=sector,
        page=page,
        order=order,
        tag=tag,
        can_start=can_start,
        gatherings=coming,
    )


@get("/s/{slug:str}/new", include_in_schema=False)
async def show_new_topic(
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
) -> Response[bytes]:
    """The form that starts a topic."""
    ensure_can_start_topic(actor, clock.now())
    return await _show_form(press, request, actor, db, slug, Form())


@post("/s/{slug:str}/new", include_in_schema=False)
async def start_topic(
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
) -> Response[bytes]:
    """Start a topic, or look at how it will read."""
    typed = await read_form(request)
    try:
        new = _new_topic(typed)
        if text_in(typed, "preview"):
            form = Form(typed=typed, preview=render(new.body).html)
            return await _show_form(press, request, actor, db, slug, form)

        async def verb(tx: Transaction) -> Topic:
            return await topics.show_topic(
                tx, actor, TopicId(await topics.start_topic(tx, actor, slug, new)), db.epoch
            )

        answer = await once_of(request, actor, typed).answer(db, verb, 201)
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _show_form(press, request, actor, db, slug, form, status_of(refusal))
    topic = msgspec.json.decode(answer.body, type=Topic)
    return go_to(topic_address(topic.id, topic.title))


async def _show_form(
    press: Press, request: AnyRequest, actor: Actor, db: Database, slug: str, form: Form, status: int = 200
) -> Response[bytes]:
    form.draft = f"new:{slug}"
    async with db.read() as tx:
        sector = await get_sector(tx, slug)
    return press.page(request, actor, "new_topic.html", status, sector=sector, form=form)


def _new_topic(typed: Typed) -> NewTopic:
    tags = text_in(typed, "tags").replace(",", " ").lower().split()
    return to_shape(
        NewTopic, {"title": text_in(typed, "title"), "body": text_in(typed, "body"), "tags": tags}
    )


routes = [show_sector, show_new_topic, start_topic]
