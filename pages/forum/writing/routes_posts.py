"""Pages and buttons of a single post: replying, withdrawing, restoring, reactions, accepted answers, and references."""

from functools import partial
from typing import get_args

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.http import PathId
from core.ids import PostId, TopicId
from core.languages.texts import gettext, pgettext
from forum.policy import ensure_can_reply
from forum.posts.post_pages import show_post
from forum.posts.shapes_held import HeldPost
from forum.shapes import NewReply, Post, ReactionKind, Topic
from forum.topics import accepted_answers, topics
from forum.writing import editing, reactions, sources, withdrawal
from forum.writing.citations import read_citations
from forum.writing.replies import Replies
from pages.forum.post_html import PostPlace, contribution
from pages.forum.topic_view import address_of
from pages.forum.writing.attachment_fields import LARGEST_FORM, attach
from pages.forum.writing.draft_fields import AskedKey, draft_in, key_of, save_draft_in
from pages.forum.writing.language_fields import text_and_language_in
from pages.forum.writing.preview_fields import preview_of
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    idempotent_request,
    number_in,
    read_form,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import html_response, redirect
from pages.shell.uploads import read_form_with_files
from storage.database import Reader


class LocatedPost(Struct, frozen=True):
    """A post with its topic."""

    post: Post
    topic: Topic

    @property
    def address(self) -> str:
        """Return the path of the post in its topic."""
        return f"{address_of(self.topic)}/{self.post.number}#p{self.post.number}"


@get("/p/{post_id:int}", include_in_schema=False)
async def find_post(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Redirect from a post's id to the post in its topic; raise NotFound."""
    async with context.db.read() as tx:
        return redirect((await find_post_with_topic(tx, context.actor, post_id)).address)


@get("/p/{post_id:int}/reply", include_in_schema=False)
async def show_reply(
    post_id: PathId,
    context: NamedDependency[PageContext],
    quote: FromQuery[bool] = False,
    draft: AskedKey = "",
) -> Response[bytes]:
    """Show the form that replies to a post, with the member's draft or a quote of the post."""
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
        facts = await topics.get_topic(tx, context.actor, TopicId(located.topic.id))
        ensure_can_reply(context.actor, facts, clock.now())
        quotation = await sources.quote_post(tx, context.actor, located.post) if quote else ""
        form = Form(typed={"body": [quotation]} if quotation else {}, draft=key_of(f"reply:{post_id}", draft))
        form = await draft_in(tx, context.actor, form)
    return await _reply_page(context, located, form)


@post("/p/{post_id:int}/reply", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def post_reply(
    post_id: PathId, context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Reply to a post, or show a preview, attach a file or save the draft, by the button."""
    typed, uploads = await read_form_with_files(context.request)
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
    name = f"reply:{post_id}"

    async def reply(form: Form) -> Response[bytes]:
        form.typed = await attach(replies, context.actor, form.typed, uploads)
        if text_in(form.typed, "keep"):
            return await save_draft_in(context, name, form.typed)
        facts = text_and_language_in(form.typed) | {"parent": post_id}
        new = to_shape(NewReply, facts | {"draft": key_of(name, text_in(form.typed, "draft"))})
        if text_in(form.typed, "preview") or text_in(form.typed, "attach"):
            form.preview = await preview_of(replies, context.actor, new.body, name)
            return await _reply_page(context, located, form)
        idempotent = idempotent_request(context, form.typed)
        response = await replies.post_reply(context.actor, TopicId(located.topic.id), new, idempotent)
        if response.status == 202:
            return redirect(f"/held/{msgspec.json.decode(response.body, type=HeldPost).id}")
        number = msgspec.json.decode(response.body, type=Post).number
        return redirect(f"{address_of(located.topic)}/{number}#p{number}")

    return await submit(Form(typed=typed), reply, partial(_reply_page, context, located), NO_STATUS)


@get("/p/{post_id:int}/withdraw", include_in_schema=False)
async def show_withdraw(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Explain what withdrawing a post does, and ask for confirmation."""
    context.actor.signed_in()
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
    return context.renderer.page(
        context.request,
        context.actor,
        "shell/confirm.html",
        heading=gettext("Withdraw post %(number)s", number=located.post.number),
        above=shown_above(context, located),
        consequence=gettext(
            "The text will no longer be shown. Replies to the post stay. You can restore it at any time."
        ),
        action=f"/p/{post_id}/withdraw",
        verb=gettext("Withdraw post"),
        back=located.address,
    )


@post("/p/{post_id:int}/withdraw", include_in_schema=False)
async def withdraw_post(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Withdraw the member's post."""
    async with context.db.begin() as tx:
        await withdrawal.withdraw_post(tx, context.actor, PostId(post_id))
        located = await find_post_with_topic(tx, context.actor, post_id)
    return redirect(located.address, done="withdrawn")


@get("/p/{post_id:int}/citations", include_in_schema=False)
async def show_citations(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the posts that quote a post or link to it."""
    async with context.db.read() as tx:
        located = await find_post_with_topic(tx, context.actor, post_id)
        found = await read_citations(tx, context.actor, PostId(post_id))
    address = address_of(located.topic)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/search/citations.html",
        post=located.post,
        citations=found.items,
        address=address,
    )


@post("/p/set", include_in_schema=False)
async def apply_post_button(
    context: NamedDependency[PageContext], replies: NamedDependency[Replies]
) -> Response[bytes]:
    """Apply a button under a post: a reaction, the accepted answer, shared editing, or restoring the post."""
    typed = await read_form(context.request)
    async with context.db.begin() as tx:
        if "answer" in typed:
            number, _, accepted = text_in(typed, "answer").partition(" ")
            post_id = _post_id_in(number)
            topic_id = TopicId((await show_post(tx, context.actor, post_id)).topic)
            await accepted_answers.set_accepted_answer(
                tx, context.actor, topic_id, post_id if accepted == "1" else None
            )
        elif "share" in typed:
            number, _, shared = text_in(typed, "share").partition(" ")
            post_id = _post_id_in(number)
            await editing.share_post(tx, context.actor, post_id, shared == "1")
        elif "restore" in typed:
            post_id = _post_id_in(text_in(typed, "restore"))
            await withdrawal.restore_post(tx, context.actor, post_id, replies.changed_in_room)
        else:
            post_id, kind, wanted = _reaction_in(typed)
            await reactions.set_reaction(tx, context.actor, post_id, kind, wanted)
        located = await find_post_with_topic(tx, context.actor, post_id)
    return redirect(located.address)


async def find_post_with_topic(tx: Reader, actor: Actor, post_id: int) -> LocatedPost:
    """Return a post that the actor can see, with its topic; raise NotFound."""
    found = await show_post(tx, actor, PostId(post_id))
    topic = (await topics.show_topics(tx, actor, [found.topic])).get(found.topic)
    if topic is None:
        raise NotFound
    return LocatedPost(found, topic)


def shown_above(context: PageContext, located: LocatedPost) -> str:
    """Return a post as it stands above a form: without indentation and buttons, only to be read."""
    place = PostPlace(address=address_of(located.topic), in_tree=False, groups=context.renderer.groups)
    return contribution(located.post, place)


async def _reply_page(
    context: PageContext, located: LocatedPost, form: Form, status: int = 200
) -> Response[bytes]:
    form.action, form.verb = f"/p/{located.post.id}/reply", pgettext("verb", "Reply")
    form.draft = form.draft or key_of(f"reply:{located.post.id}", form.value("draft"))
    # NOTE: The heading of the page where one replies to post number 3, for example.
    heading = gettext("Reply to #%(number)s", number=located.post.number)
    return write_page(context, located, form, heading, status)


def write_page(
    context: PageContext, located: LocatedPost, form: Form, heading: str, status: int, with_post: bool = True
) -> Response[bytes]:
    """Return a page with a form for a text and, above it, the post that the text is about."""
    above = shown_above(context, located) if with_post else ""
    facts = {
        "heading": heading,
        "above": above,
        "form": form,
        "place": "",
        "steps": [(located.address, located.topic.local_title, "")],
    }
    page = context.renderer.render(context.request, context.actor, "forum/writing/write.html", **facts)
    return html_response(page, status)


def _post_id_in(text: str) -> PostId:
    number = number_in(text)
    if number is None:
        raise BadButton
    return PostId(number)


def _reaction_in(typed: Typed) -> tuple[PostId, ReactionKind, bool]:
    post_id, kind, wanted = [*text_in(typed, "set").split(" "), "", "", ""][:3]
    for known in get_args(ReactionKind):
        if kind == known:
            return _post_id_in(post_id), known, wanted == "1"
    raise BadButton


routes = [
    find_post,
    show_reply,
    post_reply,
    show_withdraw,
    withdraw_post,
    show_citations,
    apply_post_button,
]
