"""Pictures of members: the form of the settings, and the pictures themselves."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core import clock
from forum.files.file_types import MAX_FILE_SIZE
from forum.files.member_pictures import NewPicture, prepare_picture
from members.profiles.pictures import read_picture, remove_picture, set_picture
from members.profiles.trust import permissions_of
from pages.members.routes_members import settings_with
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, BadButton, Form, submit, text_in, to_shape
from pages.shell.renderer import redirect
from pages.shell.uploads import FileMissing, read_form_with_files

# The largest picture and the rest of the form.
_LARGEST_FORM = MAX_FILE_SIZE + 64 * 1024


@post("/settings/picture", include_in_schema=False, request_max_body_size=_LARGEST_FORM)
async def change_picture(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Set or remove the member's picture."""
    actor = context.actor
    actor.signed_in()
    typed, uploads = await read_form_with_files(context.request)

    async def change(_: Form) -> Response[bytes]:
        match text_in(typed, "do"):
            case "remove":
                async with context.db.begin() as tx:
                    await remove_picture(tx, actor)
            case "set":
                actor.may_write(clock.now())
                if "file" not in uploads:
                    raise FileMissing(field="picture")
                facts = {"content": uploads["file"].content, "crop": text_in(typed, "crop") or "middle"}
                new, rights = to_shape(NewPicture, facts), permissions_of(context.trust, actor)
                picture = await prepare_picture(context.db, actor, new, rights)
                async with context.db.begin() as tx:
                    await set_picture(tx, actor, picture)
            case _:
                raise BadButton
        return redirect("/settings", done="profile")

    return await submit(Form(typed=typed), change, partial(settings_with, context, "picture"), NO_STATUS)


@get("/faces/{picture:str}", include_in_schema=False)
async def show_picture(picture: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Return a picture of a member while it is shown."""
    async with context.db.read() as tx:
        content = await read_picture(tx, picture)
    headers = {
        # Only the reader's own browser keeps it: what moderators hide must not stay in a cache of many.
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, media_type="image/webp", headers=headers)


routes = [change_picture, show_picture]
