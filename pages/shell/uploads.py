"""Forms with files in them, as browsers send them without scripts."""

from collections.abc import Mapping

from litestar.datastructures import UploadFile
from msgspec import Struct

from core.errors import Invalid
from pages.shell.forms import FormUnreadable, Typed, read_form
from pages.shell.renderer import AnyRequest


class FileMissing(Invalid):
    """A form that needs a file came without one."""

    message = "Choose a file."


class Upload(Struct, frozen=True):
    """What was chosen: its name and all of it. How much that may be is for the route to bound."""

    name: str
    content: bytes


async def read_upload(request: AnyRequest, field: str) -> Upload:
    """The file in a form's field, or `FileMissing`."""
    if not _has_files(request):
        raise FormUnreadable
    _, uploads = await read_form_with_files(request)
    if field not in uploads:
        raise FileMissing(field=field)
    return uploads[field]


async def read_form_with_files(request: AnyRequest) -> tuple[Typed, Mapping[str, Upload]]:
    """What was typed, by field, and the files that were chosen, by theirs."""
    if not _has_files(request):
        return await read_form(request), {}
    try:
        found = (await request.form()).multi_items()
    except (ValueError, KeyError) as error:
        raise FormUnreadable from error
    typed: dict[str, list[str]] = {}
    uploads: dict[str, Upload] = {}
    for name, value in found:
        if isinstance(value, UploadFile):
            if value.filename:
                uploads[name] = Upload(_plain(value.filename), await value.read())
        else:
            typed.setdefault(name, []).append(str(value).replace("\r\n", "\n"))
    return typed, uploads


def _has_files(request: AnyRequest) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _plain(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:200] or "file"
