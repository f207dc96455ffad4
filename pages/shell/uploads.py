"""Multipart forms with uploaded files."""

from collections.abc import Mapping

from litestar.datastructures import UploadFile
from msgspec import Struct

from core.errors import Invalid
from core.languages.texts import translatable
from pages.shell.forms import FormUnreadable, Typed, read_form
from pages.shell.renderer import AnyRequest


class FileMissing(Invalid):
    """The form needs a file, but none was sent."""

    message = translatable("Choose a file.")


class Upload(Struct, frozen=True):
    """An uploaded file: its name and its content. The route limits the size of the request."""

    name: str
    content: bytes


async def read_upload(request: AnyRequest, field: str) -> Upload:
    """Return the file in a field of the form; raise FormUnreadable or FileMissing."""
    if not _has_files(request):
        raise FormUnreadable
    _, uploads = await read_form_with_files(request)
    if field not in uploads:
        raise FileMissing(field=field)
    return uploads[field]


async def read_form_with_files(request: AnyRequest) -> tuple[Typed, Mapping[str, Upload]]:
    """Return the typed values and the uploaded files of a form, each by field; raise FormUnreadable."""
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
    return (
        "".join(letter for letter in last if letter.isprintable() or letter in "\u200c\u200d")[-1_000:]
        or "file"
    )
