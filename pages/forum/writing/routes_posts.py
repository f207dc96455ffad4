"""What one does to a single post: answer it, edit it, withdraw and restore it, react, read its history."""

from typing import get_args

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from core.ids import PostId, TopicId
from forum.policy import ensure_can_reply
from forum.posts.post_pages import show_post
from forum.posts.shapes_held import HeldPost
from forum.shapes import NewReply, Post, ReactionKind, Topic
from forum.topics import status, topics
from forum.writing import editing, reactions, sources, withdrawal
from forum.writing.citations import read_citations
from forum.writing.replies import Replies
from pages.forum.post_html import Place, contribution
from pages.forum.topic_view import address_of
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, keep_draft, key_of
from pages.forum.writing.preview_fields import preview_of
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to, html_response
from pages.shell.uploads import read_form_with_files
from storage.database import Reader


class Spot(Struct, frozen=True):
    """A post and the topic it is in."""

    post: Post
    topic: Topic

    @property
    def address(self) -> str:
        """Where it is read."""
        return f"{address_of(self.topic)}/{self.post.number}#p{self.post.number}"


@get("/p/{post_id:int}", include_in_schema=False)
async def find_post(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """A post's id leads to its address."""
    async with context.db.read() as tx:
        return go_to((await find_spot(tx, context.actor, post_id)).address)


@get("/p/{post_id:int}/reply", include_in_schema=False)
async def show_reply(
    post_id: PathId,
    context: NamedDependency[PageContext],
    quote: FromQuery[bool] = False,
    draft: AskedKey = "",
) -> Response[bytes]:
    """The form that answers a post, and may begin with what the post says."""
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
        facts = await topics.get_topic(tx, context.actor, TopicId(spot.topic.id))
        ensure_can_reply(context.actor, facts, clock.now())
        words = await sources.quote_post(tx, context.actor, spot.post) if quote else ""
        form = Form(typed={"body": [words]} if words else {}, draft=key_of(f"reply:{post_id}", draft))
        return _reply_page(context, spot, await draft_in(tx, context.actor, form))


@post("/p/{post_id:int}/reply", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def post_reply(
    post_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Answer a post, or look at how the answer will read."""
    typed, uploads = await read_form_with_files(context.request)
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
    topic_id = TopicId(spot.topic.id)
    name = f"reply:{post_id}"
    try:
        typed = await attach(replies, context.actor, typed, uploads)
        if text_in(typed, "keep"):
            return await keep_in(context, name, typed)
        facts = {"body": text_in(typed, "body"), "parent": post_id}
        reply = to_shape(NewReply, facts | {"draft": key_of(name, text_in(typed, "draft"))})
        if text_in(typed, "preview") or text_in(typed, "attach"):
            shown = await preview_of(replies, context.actor, reply.body, name)
            return _reply_page(context, spot, Form(typed=typed, preview=shown))
        answer = await replies.post_reply(
            context.actor, topic_id, reply, once_of(context.request, context.actor, typed)
        )
    except Refusal as refusal:
        return _reply_page(context, spot, Form(typed=typed).refuse(refusal), status_of(refusal))
    if answer.status == 202:
        return go_to(f"/held/{msgspec.json.decode(answer.body, type=HeldPost).id}")
    number = msgspec.json.decode(answer.body, type=Post).number
    return go_to(f"{address_of(spot.topic)}/{number}#p{number}")


@get("/p/{post_id:int}/withdraw", include_in_schema=False)
async def show_withdraw(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Says what withdrawing does, and asks."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
    return context.renderer.page(
        context.request,
        context.actor,
        "shell/confirm.html",
        heading=f"Withdraw post {spot.post.number}",
        above=_shown(context, spot),
        consequence="Its text is no longer shown; its place and the answers to it stay. You can restore it at any time.",
        action=f"/p/{post_id}/withdraw",
        verb="Withdraw it",
        back=spot.address,
    )


@post("/p/{post_id:int}/withdraw", include_in_schema=False)
async def withdraw_post(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Take one's post back."""
    async with context.db.begin() as tx:
        await withdrawal.withdraw_post(tx, context.actor, PostId(post_id))
        spot = await find_spot(tx, context.actor, post_id)
    return go_to(spot.address, done="withdrawn")


@get("/p/{post_id:int}/citations", include_in_schema=False)
async def show_citations(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Who quotes a post or links to it."""
    async with context.db.read() as tx:
        spot = await find_spot(tx, context.actor, post_id)
        found = await read_citations(tx, context.actor, PostId(post_id))
    address = address_of(spot.topic)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/search/citations.html",
        post=spot.post,
        citations=found.items,
        address=address,
    )


@post("/p/set", include_in_schema=False)
async def set_reaction(
    context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """One of the small buttons under a post: set or unset a reaction, bring a post back."""
    typed = await read_form(context.request)
    async with context.db.begin() as tx:
        if "answer" in typed:
            number, _, accepted = text_in(typed, "answer").partition(" ")
            post_id = _id_in(number)
            topic_id = TopicId((await show_post(tx, context.actor, post_id)).topic)
            await status.set_accepted_answer(
                tx, context.actor, topic_id, post_id if accepted == "1" else None
            )
        elif "share" in typed:
            number, _, shared = text_in(typed, "share").partition(" ")
            post_id = _id_in(number)
            await editing.share_post(tx, context.actor, post_id, shared == "1")
        elif "restore" in typed:
            post_id = _id_in(text_in(typed, "restore"))
            await withdrawal.restore_post(tx, context.actor, post_id, replies.changed_in_room)
        else:
            post_id, kind, wanted = _reaction_in(typed)
            await reactions.set_reaction(tx, context.actor, post_id, kind, wanted)
        spot = await find_spot(tx, context.actor, post_id)
    return go_to(spot.address)


async def find_spot(tx: Reader, actor: Actor, post_id: int) -> Spot:
    """A post that the actor can see, and its topic."""
    found = await show_post(tx, actor, PostId(post_id))
    topic = (await topics.show_topics(tx, actor, [found.topic])).get(found.topic)
    if topic is None:
        raise NotFound
    return Spot(found, topic)


async def keep_in(context: PageContext, name: str, typed: Typed) -> Response[bytes]:
    """Keep what stands in a form as a draft."""
    async with context.db.begin() as tx:
        await keep_draft(tx, context.actor, name, typed)
    return go_to("/drafts", done="kept")


def _shown(context: PageContext, spot: Spot) -> str:
    # Flat and without buttons: it stands above a form only to be read again.
    place = Place(address=address_of(spot.topic), in_tree=False, groups=context.renderer.groups)
    return contribution(spot.post, place)


def _reply_page(context: PageContext, spot: Spot, form: Form, status: int = 200) -> Response[bytes]:
    form.action, form.verb = f"/p/{spot.post.id}/reply", "Reply"
    form.draft = form.draft or key_of(f"reply:{spot.post.id}", form.value("draft"))
    return write_page(context, spot, form, f"Reply to #{spot.post.number}", status)


def write_page(
    context: PageContext, spot: Spot, form: Form, heading: str, status: int, with_post: bool = True
) -> Response[bytes]:
    """A page on which one writes, with the post that it is about."""
    above = _shown(context, spot) if with_post else ""
    facts = {
        "heading": heading,
        "above": above,
        "form": form,
        "place": "",
        "steps": [(spot.address, spot.topic.title, "")],
    }
    page = context.renderer.render(context.request, context.actor, "forum/writing/write.html", **facts)
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
    show_withdraw,
    withdraw_post,
    show_citations,
    set_reaction,
]
