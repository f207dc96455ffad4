"""Forms with which members report a post, a topic, a profile or a file to the moderators."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

from core.errors import NotFound
from core.http import PathId
from core.ids import PostId
from core.languages.texts import gettext, translatable
from forum.posts.post_pages import show_post
from forum.topics.topics import show_topics
from moderation.cases.subjects import describe_subject
from moderation.flags import flags
from moderation.shapes import NewFlag, ObjectReference
from pages.forum.topic_view import address_of
from pages.moderation.labels import reason_labels
from pages.moderation.queue_view import Viewer, render_posts
from pages.shell.context import PageContext
from pages.shell.forms import Form, Typed, form_of, idempotent_request, submit, text_in, to_shape
from pages.shell.renderer import redirect

# HTML, by the kind of what is reported.
_INTRODUCTIONS = {
    "topic": translatable("<strong>The whole topic:</strong> <bdi>%(title)s</bdi>"),
    "profile": translatable("<strong>The profile of</strong> <bdi>%(title)s</bdi>"),
    "file": translatable("<strong>The file</strong> <bdi>%(title)s</bdi>"),
}


@get("/p/{post_id:int}/flag", include_in_schema=False)
async def show_flag(
    post_id: PathId, context: NamedDependency[PageContext], sent: FromQuery[bool] = False
) -> Response[bytes]:
    """Show the form that reports a post."""
    return await _flag_page(context, PostId(post_id), Form(), is_sent=sent)


@post("/p/{post_id:int}/flag", include_in_schema=False)
async def flag_post(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Report a post to the moderators."""

    async def flag(form: Form) -> Response[bytes]:
        await _flag(context, ObjectReference("post", post_id), form.typed)
        return redirect(f"/p/{post_id}/flag?sent=true")

    return await submit(await form_of(context), flag, partial(_flag_page, context, PostId(post_id)))


async def _flag_page(
    context: PageContext, post_id: PostId, form: Form, status: int = 200, is_sent: bool = False
) -> Response[bytes]:
    context.actor.signed_in()
    async with context.db.read() as tx:
        found = await show_post(tx, context.actor, post_id)
        topic = (await show_topics(tx, context.actor, [found.topic]))[found.topic]
    address = address_of(topic)
    viewer = Viewer(
        context.actor, context.db.epoch, context.renderer.groups, context.renderer.community.ladder
    )
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/flag.html",
        status,
        action=f"/p/{found.id}/flag",
        back_to=gettext("Back to post %(number)s", number=found.number),
        back=f"{address}/{found.number}#p{found.number}",
        above=render_posts([found], address, found.number, viewer),
        form=form,
        is_sent=is_sent,
        options=list(reason_labels().items()),
    )


@get("/flag/{what:str}/{object_id:int}", include_in_schema=False)
async def show_other_flag(
    what: FromPath[str],
    object_id: PathId,
    context: NamedDependency[PageContext],
    sent: FromQuery[bool] = False,
) -> Response[bytes]:
    """Show the form that reports a topic, a profile or a file; raise NotFound."""
    return await _other_page(context, _object_name(what, object_id), Form(), is_sent=sent)


@post("/flag/{what:str}/{object_id:int}", include_in_schema=False)
async def flag_other(
    what: FromPath[str], object_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Report a topic, a profile or a file to the moderators."""
    name = _object_name(what, object_id)

    async def flag(form: Form) -> Response[bytes]:
        await _flag(context, name, form.typed)
        return redirect(f"/flag/{what}/{object_id}?sent=true")

    return await submit(await form_of(context), flag, partial(_other_page, context, name))


async def _flag(context: PageContext, name: ObjectReference, typed: Typed) -> None:
    new = to_shape(NewFlag, {"reason": text_in(typed, "reason"), "note": text_in(typed, "note")})
    idempotent = idempotent_request(context, typed)
    await idempotent.respond(context.db, lambda tx: flags.flag_object(tx, context.actor, name, new))


def _object_name(kind: str, object_id: int) -> ObjectReference:
    if kind not in _INTRODUCTIONS:
        raise NotFound
    return ObjectReference(kind, object_id)  # type: ignore[arg-type]


async def _other_page(
    context: PageContext, name: ObjectReference, form: Form, status: int = 200, is_sent: bool = False
) -> Response[bytes]:
    context.actor.signed_in()
    async with context.db.read() as tx:
        title, address = await describe_subject(tx, context.actor, name)
    introduction = Markup(gettext(_INTRODUCTIONS[name.kind])) % {"title": title}
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/flag.html",
        status,
        action=f"/flag/{name.kind}/{name.id}",
        back=address,
        back_to=title,
        above=Markup("<p>%s</p>") % introduction,
        form=form,
        is_sent=is_sent,
        options=list(reason_labels().items()),
    )


routes = [show_flag, flag_post, show_other_flag, flag_other]
