"""How members tell the moderators of something."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from markupsafe import Markup, escape

from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from core.ids import PostId
from forum.posts.post_pages import show_post
from forum.topics.topics import show_topics
from moderation.cases.subjects import describe_subject
from moderation.flags import flags
from moderation.shapes import NewFlag, ObjectReference
from pages.forum.topic_view import address_of
from pages.moderation.queue_view import REASONS, Viewing, shown
from pages.shell.context import PageContext
from pages.shell.forms import Form, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to

_OTHERS = {"topic": "The topic as a whole:", "profile": "The profile of", "file": "The file"}


@get("/p/{post_id:int}/flag", include_in_schema=False)
async def show_flag(
    post_id: PathId, context: NamedDependency[PageContext], sent: FromQuery[bool] = False
) -> Response[bytes]:
    """The form that tells the moderators of a post."""
    context.actor.signed_in()
    return await _flag_page(context, PostId(post_id), Form(), is_sent=sent)


@post("/p/{post_id:int}/flag", include_in_schema=False)
async def flag_post(post_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Tell the moderators of a post."""
    typed = await read_form(context.request)
    try:
        new = to_shape(NewFlag, {"reason": text_in(typed, "reason"), "note": text_in(typed, "note")})
        idempotent = once_of(context.request, context.actor, typed)
        await idempotent.respond(
            context.db, lambda tx: flags.flag_object(tx, context.actor, ObjectReference("post", post_id), new)
        )
    except NotFound:
        raise
    except Refusal as refusal:
        context.actor.signed_in()
        form = Form(typed=typed).refuse(refusal)
        return await _flag_page(context, PostId(post_id), form, status=status_of(refusal))
    return go_to(f"/p/{post_id}/flag?sent=true")


async def _flag_page(
    context: PageContext, post_id: PostId, form: Form, is_sent: bool = False, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        found = await show_post(tx, context.actor, post_id)
        topic = (await show_topics(tx, context.actor, [found.topic]))[found.topic]
    address = address_of(topic)
    community = context.renderer.community
    viewing = Viewing(
        context.actor, context.db.epoch, context.renderer.groups, community.language, community.ladder
    )
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/flag.html",
        status,
        action=f"/p/{found.id}/flag",
        back_to=f"Back to post {found.number}",
        back=f"{address}/{found.number}#p{found.number}",
        above=shown([found], address, found.number, viewing),
        form=form,
        is_sent=is_sent,
        options=list(REASONS.items()),
    )


@get("/flag/{what:str}/{object_id:int}", include_in_schema=False)
async def show_other_flag(
    what: FromPath[str],
    object_id: PathId,
    context: NamedDependency[PageContext],
    sent: FromQuery[bool] = False,
) -> Response[bytes]:
    """The form that tells the moderators of a topic, a profile or a file."""
    context.actor.signed_in()
    return await _other_page(context, _name(what, object_id), Form(), is_sent=sent)


@post("/flag/{what:str}/{object_id:int}", include_in_schema=False)
async def flag_other(
    what: FromPath[str], object_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Tell the moderators of it."""
    name = _name(what, object_id)
    typed = await read_form(context.request)
    try:
        new = to_shape(NewFlag, {"reason": text_in(typed, "reason"), "note": text_in(typed, "note")})
        idempotent = once_of(context.request, context.actor, typed)
        await idempotent.respond(context.db, lambda tx: flags.flag_object(tx, context.actor, name, new))
    except NotFound:
        raise
    except Refusal as refusal:
        context.actor.signed_in()
        return await _other_page(context, name, Form(typed=typed).refuse(refusal), status=status_of(refusal))
    return go_to(f"/flag/{what}/{object_id}?sent=true")


def _name(kind: str, object_id: int) -> ObjectReference:
    if kind not in _OTHERS:
        raise NotFound
    return ObjectReference(kind, object_id)  # type: ignore[arg-type]


async def _other_page(
    context: PageContext, name: ObjectReference, form: Form, is_sent: bool = False, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        title, address = await describe_subject(tx, context.actor, name)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/flag.html",
        status,
        action=f"/flag/{name.kind}/{name.id}",
        back=address,
        back_to=title,
        above=Markup(f"<p><strong>{_OTHERS[name.kind]}</strong> <bdi>{escape(title)}</bdi></p>"),
        form=form,
        is_sent=is_sent,
        options=list(REASONS.items()),
    )


routes = [show_flag, flag_post, show_other_flag, flag_other]
