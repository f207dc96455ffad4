"""One's own data: everything that is kept about a member, as a ZIP of JSON and Markdown, sent as it is read."""

import io
from collections.abc import AsyncIterator, Mapping
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream

from core import clock
from core.actor import Actor
from core.ids import MemberId, TopicId
from forum.text.quotes import expand_quotes
from members.pseudonyms import own_pseudonym
from moderation.policy import UNDO_WINDOW
from storage.database import Database
from storage.statements import Statement, statement
from tertulia.personal_data import FILES

# Posts that are read, and sent, at a time.
BATCH = 200

_OWN = """SELECT p.id, p.topic_id AS topic, t.title, p.number, p.parent_id AS answers, p.posted_at, p.edited_at, p.state,
    p.markup, p.body FROM posts p JOIN topics t ON t.id = p.topic_id"""
_POSTS = statement(f"{_OWN} WHERE p.author_id = :member AND p.id > :after ORDER BY p.id LIMIT :count")
_VERSIONS = statement("""
SELECT post_id AS post, version, body, written_at FROM revisions
WHERE written_by = :member AND (post_id, version) > (:after, :version) ORDER BY post_id, version LIMIT :count
""")
_UNNAMED_IN = statement("SELECT DISTINCT topic_id FROM posts WHERE pseudonym IS NOT NULL ORDER BY topic_id")
_UNNAMED = statement(
    f"{_OWN} WHERE p.topic_id = ANY(CAST(:topics AS bigint[])) AND p.pseudonym = ANY(CAST(:names AS bytea[])) ORDER BY p.id"
)
_STATEMENTS: Mapping[str, Statement] = {name: statement(sql) for name, (_, sql) in FILES.items()}


@get("/me/export.zip", operation_id="take_own_data")
async def take_own_data(
    actor: NamedDependency[Actor], db: NamedDependency[Database], anonymous: FromQuery[bool] = False
) -> Stream:
    """Everything that is kept about the member, as a ZIP of JSON and Markdown; also for suspended members. What was asked
    anonymously is in it only with `anonymous=true`: there it stands beside the name."""
    actor.signed_in()
    headers = {
        "Content-Disposition": f'attachment; filename="{clock.now():%Y-%m-%d}-{actor.id}.zip"',
        "Cache-Control": "no-store",
    }
    return Stream(pack(db, actor, anonymous), media_type="application/zip", headers=headers)


class _Pipe(io.RawIOBase):
    """What a ZIP is written into, to be sent piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self.pieces = b"".join(self.pieces), []
        return taken


async def pack(db: Database, actor: Actor, anonymous: bool) -> AsyncIterator[bytes]:
    """The ZIP, in pieces, each read in a transaction of its own."""
    member, pipe = actor.signed_in(), _Pipe()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as packed:
        packed.writestr("README.md", _read_me(db.site, anonymous))
        for name, query in _STATEMENTS.items():
            packed.writestr(f"{name}.json", msgspec.json.format(await _rows(db, name, query, member)))
            yield pipe.take()
        contents = {
            "posts.json": _json(_posts(db, actor, member)),
            "posts.md": _markdown(_posts(db, actor, member), db.site),
            "versions.json": _json(_versions(db, member)),
        }
        if anonymous:
            contents["anonymous.json"] = _json(_unnamed(db, actor))
        for name, pieces in contents.items():
            with packed.open(name, "w") as file:
                async for piece in pieces:
                    file.write(piece)
                    yield pipe.take()
    yield pipe.take()


async def _rows(db: Database, name: str, query: Statement, member: MemberId) -> bytes:
    binds: dict[str, Any] = {"member": member}
    if ":settled" in FILES[name][1]:
        binds["settled"] = clock.now() - UNDO_WINDOW
    async with db.read() as tx:
        return msgspec.json.encode([dict(row) for row in await tx.rows(query, **binds)])


async def _posts(db: Database, actor: Actor, member: MemberId) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(_POSTS, member=member, after=after, count=BATCH)
            posts = [dict(row) | {"body": await expand_quotes(tx, actor, row["body"])} for row in rows]
        for post in posts:
            after = post["id"]
            yield post
        if len(posts) < BATCH:
            return


async def _versions(db: Database, member: MemberId) -> AsyncIterator[dict[str, Any]]:
    after, version = 0, 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(_VERSIONS, member=member, after=after, version=version, count=BATCH)
        for row in rows:
            after, version = row["post"], row["version"]
            yield dict(row)
        if len(rows) < BATCH:
            return


async def _unnamed(db: Database, actor: Actor) -> AsyncIterator[dict[str, Any]]:
    # What stands for the member in each topic can be made while this request has the session's token, and only then.
    async with db.read() as tx:
        topics = [row["topic_id"] for row in await tx.rows(_UNNAMED_IN)]
        names = [own_pseudonym(actor, TopicId(topic)) for topic in topics]
        rows = await tx.rows(_UNNAMED, topics=topics, names=[name for name in names if name is not None])
    for row in rows:
        yield dict(row)


async def _json(rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    between = b"[\n"
    async for row in rows:
        yield between + msgspec.json.encode(row)
        between = b",\n"
    yield b"[]\n" if between == b"[\n" else b"\n]\n"


async def _markdown(posts: AsyncIterator[dict[str, Any]], site: str) -> AsyncIterator[bytes]:
    async for post in posts:
        head = f"## {post['title']}\n\n{post['posted_at']:%Y-%m-%d %H:%M} UTC, <{site}/p/{post['id']}>"
        state = "" if post["state"] == "published" else f" ({post['state']})"
        yield f"{head}{state}\n\n{post['body']}\n\n---\n\n".encode()


def _read_me(site: str, anonymous: bool) -> str:
    lines = [f"- `{name}.json`: {what}" for name, (what, _) in FILES.items()]
    unnamed = (
        "`anonymous.json` holds what you asked without your name: keep this file to yourself."
        if anonymous
        else "What you asked without your name is not in here; on the page of settings you can have it put in."
    )
    return "\n".join(
        [
            f"# What is kept about you on {site}",
            "",
            f"As of {clock.now():%Y-%m-%d %H:%M} UTC.",
            "",
            "- `posts.json`, `posts.md`: what you wrote under your name, also what is hidden or withdrawn",
            "- `versions.json`: earlier versions that you wrote of posts",
            *lines,
            "",
            unnamed,
            "",
            "Not in here: your password and keys, which are kept in a form that cannot be read; who flagged, reported or "
            "decided; and what you did in office, which is the community's record.",
            "",
        ]
    )


routes = [take_own_data]
