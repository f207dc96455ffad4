"""What is offered while somebody types into a box of search: topics, stock-takes, events, people, tags and sectors.

The answer is a part of a page that scripts put below the box, so that names, faces and colours look as everywhere. Without
scripts the box leads to the page of results.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from core.languages.names import shared_name
from core.languages.texts import gettext, pgettext
from forum.search.offers.beginnings import MAX_LENGTH, Beginnings, beginnings_of
from forum.search.offers.offers import (
    MAX_OFFERS,
    Names,
    OfferedTopic,
    offer_names,
    offer_people,
    offer_tags,
    offer_topics,
)
from forum.tags.names import tag_url
from gatherings.gatherings import find_gatherings, read_titles
from members.shapes import Author
from pages.shell.context import PageContext
from pages.shell.renderer import html_response
from storage.database import Reader

Typed = Annotated[str, QueryParameter(max_length=MAX_LENGTH, description="What is typed so far.")]
# The topics whose page says first what they belong to.
_OF_BOARDS = ("board", "entry")


class Offer(Struct, frozen=True, kw_only=True):
    """A thing that is offered: its address and name, what stands beside it, and a face or a colour before it."""

    address: str
    name: str
    beside: str = ""
    person: Author | None = None
    hue: str = ""


class Group(Struct, frozen=True):
    """Offers of one kind under a heading."""

    heading: str
    items: Sequence[Offer]


@get("/offers", include_in_schema=False)
async def show_offers(
    context: NamedDependency[PageContext], q: Typed = "", of: FromQuery[Literal["topics"] | None] = None
) -> Response[bytes]:
    """Return what fits what is typed, in groups, as options of a list; with `of=topics`, topics alone."""
    typed = beginnings_of(q)
    groups: list[Group] = []
    if typed.words:
        async with context.db.read() as tx:
            groups = [await _topics(tx, context, typed)] if of else await _everything(tx, context, q, typed)
    templates = context.renderer.templates
    page = templates.get_template("site/offers.html").render(groups=share(groups, MAX_OFFERS))
    return html_response(page.encode())


def share(groups: Sequence[Group], count: int) -> list[Group]:
    """Return the groups with `count` offers in all: the first of each, then the second of each, and so on."""
    taken = [0 for _ in groups]
    for place in range(count):
        for at, group in enumerate(groups):
            if len(group.items) > place and sum(taken) < count:
                taken[at] += 1
    return [Group(one.heading, one.items[:some]) for one, some in zip(groups, taken, strict=True) if some]


async def _everything(tx: Reader, context: PageContext, q: str, typed: Beginnings) -> list[Group]:
    found = await offer_topics(tx, context.actor, typed)
    boards = [one for one in found if one.kind == "board"]
    topics = [one for one in found if one.kind != "board"]
    people = await offer_people(tx, context.actor, q)
    tags = await offer_tags(tx, context.actor, typed, context.cache)
    return [
        Group(gettext("Topics"), [_topic(context, one) for one in topics]),
        Group(gettext("Sectors"), await _sectors(context, typed)),
        Group(gettext("Tags"), [Offer(address=tag_url(tag), name=f"#{shared_name(tag)}") for tag in tags]),
        Group(gettext("Events"), await _events(tx, context, typed)),
        Group(gettext("Stock-takes"), [_topic(context, one) for one in boards]),
        Group(pgettext("search results", "People"), [_person(one) for one in people]),
    ]


async def _topics(tx: Reader, context: PageContext, typed: Beginnings) -> Group:
    found = await offer_topics(tx, context.actor, typed)
    # In a text, a link to the topic is shown by its title, whatever the topic belongs to.
    return Group(gettext("Topics"), [replace(_topic(context, one), address=f"/t/{one.id}") for one in found])


def _topic(context: PageContext, topic: OfferedTopic) -> Offer:
    community = context.renderer.community
    return Offer(
        address=f"/b/of/{topic.id}" if topic.kind in _OF_BOARDS else f"/t/{topic.id}",
        name=topic.title,
        beside=dict(community.sectors).get(topic.sector, ""),
        hue=community.hue(topic.sector),
    )


def _person(author: Author) -> Offer:
    return Offer(
        address=f"/m/{quote(author.handle)}",
        name=author.display_name,
        beside=f"@{author.handle}",
        person=author,
    )


async def _sectors(context: PageContext, typed: Beginnings) -> list[Offer]:
    community = context.renderer.community
    names = dict(community.sectors)

    async def read() -> Names:
        return [(slug, (name, slug)) for slug, name in community.sectors]

    fitting = await offer_names("sectors", typed, context.cache, read)
    return [
        Offer(address=f"/s/{slug}", name=names[slug], hue=community.hue(slug))
        for slug in fitting
        if slug in names
    ]


async def _events(tx: Reader, context: PageContext, typed: Beginnings) -> list[Offer]:
    async def read() -> Names:
        return [(str(id), titles) for id, titles in await read_titles(tx)]

    fitting = await offer_names("gatherings", typed, context.cache, read)
    wanted = [int(one) for one in fitting[:MAX_OFFERS]]
    found = await find_gatherings(tx, wanted)
    return [
        Offer(
            address=f"/g/{id}",
            name=found[id].local_title,
            hue=context.renderer.community.hue(found[id].sector),
        )
        for id in wanted
        if id in found
    ]


routes = [show_offers]
