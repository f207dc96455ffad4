"""Static files, read and compressed once per process, with a content hash in their URLs so that browsers cache them."""

import gzip
from hashlib import sha256
from pathlib import Path, PurePath

from litestar import Response
from msgspec import Struct

from core.errors import NotFound
from core.http import etag_matches
from core.languages.languages import CATALOGUES, ENGLISH, Language, languages
from pages.shell.appearance.appearance import Appearance
from pages.shell.script_texts import translate_script

_PAGES = Path(__file__).parents[1]
_FOLDER = _PAGES / "static"
_TEMPLATES = _PAGES / "templates"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
# Style sheets that are sent as one file; the order of the parts is the order of the cascade.
_BUNDLES = {
    "css/shell/tertulia.css": (
        "layers base layout components lists buttons forms posts faces prose composer rooms room_forms media"
    ),
    "css/gatherings/cockpit.css": "host_view question_cards",
    "css/moderation/queue.css": "queue_list queue_case",
}


class _File(Struct, frozen=True):
    kind: str
    plain: bytes
    packed: bytes
    etag: str


class StaticFiles:
    """The static files of this version, under a URL prefix for each language and appearance that changes when any page file
    changes."""

    def __init__(self) -> None:
        paths = [path for path in sorted(_FOLDER.rglob("*")) if path.suffix in _KINDS]
        plain = {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in paths}
        for bundle, parts in _BUNDLES.items():
            folder = bundle.rpartition("/")[0]
            plain[bundle] = b"".join(plain.pop(f"{folder}/{part}.css") for part in parts.split())
        self.files = {name: _pack(name, content) for name, content in plain.items()}
        # Scripts in other languages and style sheets in other appearances, by both, made when they are first asked for.
        self.variants: dict[tuple[str, str], _File] = {}
        others = [_TEMPLATES.rglob("*.html"), _PAGES.rglob("*.py"), CATALOGUES.glob("*.po")]
        self.version = _version([*paths, *(path for found in others for path in sorted(found))])

    def prefix(self, language: Language, appearance: Appearance) -> str:
        """Return the path under which the pages of this language and appearance find the files."""
        dot = "." if appearance.code else ""
        return f"/static/{self.version}/{language.tag}{dot}{appearance.code}"

    def find(self, address: str) -> tuple[_File, bool]:
        """Return the file of `<version>/<language>.<appearance>/<name>`, with nothing after the language for the usual
        appearance, and whether the version is the current one; raise NotFound."""
        version, _, path = address.lstrip("/").partition("/")
        folder, _, name = path.partition("/")
        # Pages of earlier versions named no language.
        found = self.files.get(name) or self.files.get(path)
        if found is None:
            raise NotFound
        return self._variant(found, folder, name), version == self.version

    def _variant(self, found: _File, folder: str, name: str) -> _File:
        tag, _, code = folder.partition(".")
        if found.kind == _KINDS[".js"] and tag in languages() and tag != ENGLISH.tag:
            key = tag, name
            if key not in self.variants:
                script = translate_script(found.plain.decode(), languages()[tag])
                self.variants[key] = _pack(name, script.encode())
        elif found.kind == _KINDS[".css"] and (appearance := Appearance.from_code(code)).code:
            key = code, name
            if key not in self.variants:
                self.variants[key] = _pack(name, appearance.apply(found.plain.decode()).encode())
        else:
            return found
        return self.variants[key]


def respond(
    static_files: StaticFiles, address: str, if_none_match: str | None, accepted: str
) -> Response[bytes]:
    """Return a static file as a response; the file of an old version is sent without permission to cache it."""
    found, is_current = static_files.find(address)
    headers = {
        "ETag": found.etag,
        "Cache-Control": _FOR_EVER if is_current else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if etag_matches(if_none_match, found.etag):
        return Response(b"", status_code=304, headers=headers, media_type=found.kind)
    body = found.plain
    if "gzip" in accepted and len(found.packed) < len(found.plain):
        body = found.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=found.kind)


def _pack(name: str, plain: bytes) -> _File:
    etag = f'"{sha256(plain).hexdigest()[:20]}"'
    return _File(_KINDS[PurePath(name).suffix], plain, gzip.compress(plain, 9, mtime=0), etag)


def _version(paths: list[Path]) -> str:
    digest = sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
