"""Static files, with a hash of all of them in their URLs so that browsers keep them for ever.

Each is made when it is first asked for: joined, translated, made small and compressed, in a thread.
"""

import gzip
import re
from hashlib import sha256
from pathlib import Path, PurePath
from posixpath import dirname, normpath

import brotli
import rjsmin
from litestar import Response
from msgspec import Struct

from core.errors import NotFound
from core.http import Encoding, accepted_encoding, etag_matches
from core.languages.languages import CATALOGUES, ENGLISH, Language, languages
from core.threads import in_thread
from pages.shell.appearance.appearance import Appearance
from pages.shell.assets.bundles import Bundles
from pages.shell.assets.script_texts import translate_script

_PAGES = Path(__file__).parents[2]
_FOLDER = _PAGES / "static"
_TEMPLATES = _PAGES / "templates"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SCRIPTS = "js/"
_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
_INDENTS = re.compile(r"\s*\n\s*")
_FOR_EVER = "public, max-age=31536000, immutable"
# Style sheets that are sent as one file; the order of the parts is the order of the cascade.
_SHEETS = {
    "css/shell/tertulia.css": (
        "layers base layout navigation components lists buttons forms posts faces prose composer tables media"
        " ../forum/topic_status ../forum/topic_map"
    ),
    "css/gatherings/cockpit.css": "host_view question_cards",
    "css/moderation/queue.css": "queue_list queue_case",
}


class _File(Struct, frozen=True):
    kind: str
    plain: bytes
    packed: dict[Encoding, bytes]
    """The file in each encoding that makes it shorter."""
    etag: str


class StaticFiles:
    """The static files of this version, under a URL prefix for each language and appearance that changes when any page file
    changes."""

    def __init__(self) -> None:
        paths = [path for path in sorted(_FOLDER.rglob("*")) if path.suffix in _KINDS]
        self.sources = {path.relative_to(_FOLDER).as_posix(): path.read_text() for path in paths}
        for sheet, parts in _SHEETS.items():
            names = [normpath(f"{dirname(sheet)}/{part}.css") for part in parts.split()]
            self.sources[sheet] = "".join(self.sources.pop(name) for name in names)
        self.bundles = Bundles(
            {
                name.removeprefix(_SCRIPTS): source
                for name, source in self.sources.items()
                if name.startswith(_SCRIPTS)
            }
        )
        # What has been sent, by language or appearance and by name.
        self.made: dict[tuple[str, str], _File] = {}
        others = [_TEMPLATES.rglob("*.html"), _PAGES.rglob("*.py"), CATALOGUES.glob("*.po")]
        self.version = _version([*paths, *(path for found in others for path in sorted(found))])

    def prefix(self, language: Language, appearance: Appearance) -> str:
        """Return the path under which the pages of this language and appearance find the files."""
        dot = "." if appearance.code else ""
        return f"/static/{self.version}/{language.tag}{dot}{appearance.code}"

    async def find(self, address: str) -> tuple[_File, bool]:
        """Return the file of `<version>/<language>.<appearance>/<name>`, with nothing after the language for the usual
        appearance, and whether the version is the current one; raise NotFound."""
        version, _, path = address.lstrip("/").partition("/")
        folder, _, name = path.partition("/")
        if name not in self.sources:
            # Pages of earlier versions named no language.
            folder, name = "", path
        if name not in self.sources:
            raise NotFound
        tag, _, code = folder.partition(".")
        if name.startswith(_SCRIPTS):
            key = (tag if tag in languages() else ENGLISH.tag), name
        else:
            key = Appearance.from_code(code).code, name
        if key not in self.made:
            self.made[key] = await in_thread(self._make, *key)
        return self.made[key], version == self.version

    def _make(self, variant: str, name: str) -> _File:
        """Make a script in a language, a style sheet in an appearance, or an icon."""
        kind = _KINDS[PurePath(name).suffix]
        text = self.sources[name]
        if name.startswith(_SCRIPTS):
            text = self.bundles.bundle(name.removeprefix(_SCRIPTS))
            if variant != ENGLISH.tag:
                text = translate_script(text, languages()[variant])
            text = rjsmin.jsmin(text)
        elif kind == _KINDS[".css"]:
            text = _tidied(Appearance.from_code(variant).apply(text))
        return _pack(kind, text.encode())


async def respond(
    static_files: StaticFiles, address: str, if_none_match: str | None, accepted: str
) -> Response[bytes]:
    """Return a static file as a response; the file of an old version is sent without permission to cache it."""
    found, is_current = await static_files.find(address)
    headers = {
        "ETag": found.etag,
        "Cache-Control": _FOR_EVER if is_current else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if etag_matches(if_none_match, found.etag):
        return Response(b"", status_code=304, headers=headers, media_type=found.kind)
    body = found.plain
    encoding = accepted_encoding(accepted)
    if encoding and encoding in found.packed:
        body = found.packed[encoding]
        headers["Content-Encoding"] = encoding
    return Response(body, headers=headers, media_type=found.kind)


def _tidied(sheet: str) -> str:
    """Return a style sheet without comments and indents; line ends stay, since one can stand between two selectors."""
    return _INDENTS.sub("\n", _COMMENTS.sub("", sheet))


def _pack(kind: str, plain: bytes) -> _File:
    etag = f'"{sha256(plain).hexdigest()[:20]}"'
    packed: dict[Encoding, bytes] = {"br": brotli.compress(plain), "gzip": gzip.compress(plain, 9, mtime=0)}
    shorter = {encoding: body for encoding, body in packed.items() if len(body) < len(plain)}
    return _File(kind, plain, shorter, etag)


def _version(paths: list[Path]) -> str:
    digest = sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
