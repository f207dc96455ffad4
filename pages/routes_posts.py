"""What one does to a single post: answer it, edit it, withdraw and restore it, react, read its history."""

from typing import get_args

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from core.ids import PostId, TopicId
from forum import posts, topics
from forum.markup import render
from forum.policy import ensure_can_reply
from forum.reading import show_post
from forum.replies import Replies
from forum.shapes import NewReply, Post, PostChange, ReactionKind, Topic
from pages.contribution import Place, contribution
from pages.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.press import AnyRequest, Press, go_to, html_response
from pages.topic_view import address_of
from storage.database import Database, Reader


class Spot(Struct, frozen=True):
    """A post and the topic it is in."""

    post: Post
    topic: Topic

    @property
    def address(self) -> str:
        """Where it is read."""
        return f"{address_of(self.topic)}/{self.post.number}#p{self.post.number}"


class Desk(Struct, frozen=True):
    """What all these pages need: who is there, through what, with which press."""

    request: AnyRequest
    actor: Actor
    db: Database
    press: Press


def provide_desk(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
) -> Desk:
    """The desk of one request."""
    return Desk(request, actor, db, press)


@get("/p/{post_id:int}", include_in_schema=False)
async def find_post(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """A post's id leads to its address."""
    async with desk.db.read() as tx:
        return go_to((await _find(tx, desk.actor, post_id)).address)


@get("/p/{post_id:int}/reply", include_in_schema=False)
async def show_reply(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """The form that answers a post."""
    async with desk.db.read() as tx:
        spot = await _find(tx, desk.actor, post_id)
        facts = await topics.get_topic(tx, desk.actor, TopicId(spot.topic.id))
    ensure_can_reply(desk.actor, facts, clock.now())
    return _reply_page(desk, spot, Form())


@post("/p/{post_id:int}/reply", include_in_schema=False)
async def post_reply(
    post_id: PathId, desk: NamedDependency[Desk], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Answer a post, or look at how the answer will read."""
    typed = await read_form(desk.request)
    async with desk.db.read() as tx:
        spot = await _find(tx, desk.actor, post_id)
    topic_id = TopicId(spot.topic.id)
    try:
        reply = to_shape(NewReply, {"body": text_in(typed, "body"), "parent": post_id})
        if text_in(typed, "preview"):
            return _reply_page(desk, spot, Form(typed=typed, preview=render(reply.body, topic=topic_id).html))
        answer = await replies.post_reply(
            desk.actor, topic_id, reply, once_of(desk.request, desk.actor, typed)
        )
    except Refusal as refusal:
        return _reply_page(desk, spot, Form(typed=typed).refuse(refusal), status_of(refusal))
    number = msgspec.json.decode(answer.body, type=Post).number
    return go_to(f"{address_of(spot.topic)}/{number}#p{number}")


@get("/p/{post_id:int}/edit", include_in_schema=False)
async def show_edit(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """The form that gives a post another text."""
    desk.actor.signed_in()
    async with desk.db.read() as tx:
        spot = await _find(tx, desk.actor, post_id)
        body, _ = await posts.find_source(tx, desk.actor, PostId(post_id))
    return _edit_page(desk, spot, Form(typed={"body": [body]}, version=spot.post.version))


@post("/p/{post_id:int}/edit", include_in_schema=False)
async def edit_post(
    post_id: PathId, desk: NamedDependency[Desk], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Give a post another text, or look at how it will read."""
    typed = await read_form(desk.request)
    async with desk.db.read() as tx:
        spot = await _find(tx, desk.actor, post_id)
    version = number_in(text_in(typed, "version")) or spot.post.version
    try:
        change = to_shape(PostChange, {"body": text_in(typed, "body")})
        if text_in(typed, "preview"):
            preview = render(change.body, topic=spot.topic.id).html
            return _edit_page(desk, spot, Form(typed=typed, version=version, preview=preview))
        async with desk.db.begin() as tx:
            await posts.edit_post(tx, desk.actor, PostId(post_id), change, version, replies.changed_in_room)
    except Refusal as refusal:
        # What was typed stays; the version that is sent next is the one that is there now.
        form = Form(typed=typed, version=spot.post.version).refuse(refusal)
        return _edit_page(desk, spot, form, status_of(refusal))
    return go_to(spot.address)


@get("/p/{post_id:int}/withdraw", include_in_schema=False)
async def show_withdraw(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """Says what withdrawing does, and asks."""
    desk.actor.signed_in()
    async with desk.db.read() as tx:
        spot = await _find(tx, desk.actor, post_id)
    return desk.press.page(
        desk.request,
        desk.actor,
        "confirm.html",
        heading=f"Withdraw post {spot.post.number}",
        above=_shown(desk, spot),
        consequence="Its text is no longer shown; its place and the answers to it stay. You can restore it at any time.",
        action=f"/p/{post_id}/withdraw",
        verb="Withdraw it",
        back=spot.address,
    )


@post("/p/{post_id:int}/withdraw", include_in_schema=False)
async def withdraw_post(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """Take one's post back."""
    async with desk.db.begin() as tx:
        await posts.withdraw_post(tx, desk.actor, PostId(post_id))
        spot = await _find(tx, desk.actor, post_id)
    return go_to(spot.address, done="withdrawn")


@get("/p/{post_id:int}/history", include_in_schema=False)
async def show_history(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """All that a post has said."""
    async with desk.db.begin() as tx:
        found = await posts.read_revisions(tx, desk.actor, PostId(post_id))
        spot = await _find(tx, desk.actor, post_id)
    address = address_of(spot.topic)
    return desk.press.page(
        desk.request, desk.actor, "history.html", post=spot.post, revisions=found.items, address=address
    )


@post("/p/set", include_in_schema=False)
async def set_reaction(desk: NamedDependency[Desk], replies: NamedDependency[Replies]) -> Response[bytes]:
    """One of the small buttons under a post: set or unset a reaction, bring a post back."""
    typed = await read_form(desk.request)
    async with desk.db.begin() as tx:
        if "restore" in typed:
            post_id = _id_in(text_in(typed, "restore"))
            await posts.restore_post(tx, desk.actor, post_id, replies.changed_in_room)
        else:
            post_id, kind, wanted = _reaction_in(typed)
            await posts.set_reaction(tx, desk.actor, post_id, kind, wanted)
        spot = await _find(tx, desk.actor, post_id)
    return go_to(spot.address)


async def _find(tx: Reader, actor: Actor, post_id: int) -> Spot:
    found = await show_post(tx, actor, PostId(post_id))
    topic = (await topics.show_topics(tx, actor, [found.topic])).get(found.topic)
    if topic is None:
        raise NotFound
    return Spot(found, topic)


def _shown(desk: Desk, spot: Spot) -> str:
    # Flat and without buttons: it stands above a form only to be read again.
    place = Place(address=address_of(spot.topic), in_tree=False, groups=desk.press.groups)
    return contribution(spot.post, place)


def _reply_page(desk: Desk, spot: Spot, form: Form, status: int = 200) -> Response[bytes]:
    form.action, form.verb, form.draft = f"/p/{spot.post.id}/reply", "Reply", f"reply:{spot.post.id}"
    return _write_page(desk, spot, form, f"Reply to #{spot.post.number}", status)


def _edit_page(desk: Desk, spot: Spot, form: Form, status: int = 200) -> Response[bytes]:
    form.action, form.verb = f"/p/{spot.post.id}/edit", "Save"
    return _write_page(desk, spot, form, f"Edit #{spot.post.number}", status, with_post=False)


def _write_page(
    desk: Desk, spot: Spot, form: Form, heading: str, status: int, with_post: bool = True
) -> Response[bytes]:
    above = _shown(desk, spot) if with_post else ""
    facts = {
        "heading": heading,
        "above": above,
        "form": form,
        "place": "",
        "steps": [(spot.address, spot.topic.title, "")],
    }
    page = desk.press.render(desk.request, desk.actor, "write.html", **facts)
    return html_response(page, status)


def _id_in(text: str) -> PostId:
    number = number_in(text)
    if number is None:
        raise BadButton
    return PostId(number)


def _reaction_in(typed: Typed) -> tuple[PostId, ReactionKind, bool]:
    post_id, kind, wanted = [*text_in(typed, "set").split(" "), "", "", ""][:3]
    for known in get_args(ReactionKind):
        if kind == known:
            return _id_in(post_id), known, wanted == "1"
    raise BadButton


routes = [
    find_post,
    show_reply,
    post_reply,
    show_edit,
    edit_post,
    show_withdraw,
    withdraw_post,
    show_history,
    set_reaction,
]
