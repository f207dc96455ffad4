"""The export of personal data: everything that is kept about a member, as a ZIP of JSON and Markdown files."""

import io
from collections.abc import AsyncIterator
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
from core.languages.formats import list_in
from core.languages.moments import moment_for_reader
from core.languages.names import local
from core.languages.texts import current_language, gettext, pgettext
from forum.personal_data import (
    FOR_READERS,
    SELECT_OWN_POSTS,
    SELECT_OWN_REVISIONS,
    SELECT_POSTS_OF_PSEUDONYMS,
    SELECT_TOPICS_WITH_PSEUDONYMS,
)
from forum.text.prepared_posts import shown_body
from forum.text.quotes import expand_quotes
from members.pseudonyms import own_pseudonym
from moderation.policy import UNDO_WINDOW
from personal_data.declarations import PERSONAL_DATA
from storage.database import Database
from storage.statements import Statement

# How many posts are read and sent at a time.
BATCH = 200


@get("/me/export.zip", operation_id="take_own_data")
async def take_own_data(
    actor: NamedDependency[Actor], db: NamedDependency[Database], anonymous: FromQuery[bool] = False
) -> Stream:
    """Everything that is kept about the member, as a ZIP of JSON and Markdown files; suspended members can download
    it too. What the member asked anonymously is included only with `anonymous=true`, as the file then links it to the
    name."""
    actor.signed_in()
    headers = {
        "Content-Disposition": f'attachment; filename="{clock.now():%Y-%m-%d}-{actor.id}.zip"',
        "Cache-Control": "no-store",
    }
    return Stream(write_export(db, actor, anonymous), media_type="application/zip", headers=headers)


class _Buffer(io.RawIOBase):
    """A writable file for a ZIP that hands out what was written, so that it can be sent piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        taken, self.pieces = b"".join(self.pieces), []
        return taken


async def write_export(db: Database, actor: Actor, anonymous: bool) -> AsyncIterator[bytes]:
    """Yield the ZIP in pieces; each query has its own connection, so a long download blocks nobody."""
    member, buffer = actor.signed_in(), _Buffer()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as packed:
        packed.writestr("README.md", _readme(db.site, anonymous))
        for name, file in PERSONAL_DATA.files.items():
            packed.writestr(f"{name}.json", msgspec.json.format(await _read_rows(db, file.query, member)))
            yield buffer.take()
        contents = {
            "posts.json": _json(_as_stored(_posts(db, actor, member))),
            "posts.md": _markdown(_posts(db, actor, member), db.site),
            "versions.json": _json(_versions(db, member)),
        }
        if anonymous:
            contents["anonymous.json"] = _json(_anonymous_posts(db, actor))
        for name, pieces in contents.items():
            with packed.open(name, "w") as output:
                async for piece in pieces:
                    output.write(piece)
                    yield buffer.take()
    yield buffer.take()


async def _read_rows(db: Database, query: Statement, member: MemberId) -> bytes:
    binds: dict[str, Any] = {"member": member}
    if "settled" in query.names:
        binds["settled"] = clock.now() - UNDO_WINDOW
    async with db.read() as tx:
        return msgspec.json.encode([dict(row) for row in await tx.rows(query, **binds)])


async def _posts(db: Database, actor: Actor, member: MemberId) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(SELECT_OWN_POSTS, member=member, after=after, count=BATCH)
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
            rows = await tx.rows(
                SELECT_OWN_REVISIONS, member=member, after=after, version=version, count=BATCH
            )
        for row in rows:
            after, version = row["post"], row["version"]
            yield dict(row)
        if len(rows) < BATCH:
            return


async def _anonymous_posts(db: Database, actor: Actor) -> AsyncIterator[dict[str, Any]]:
    # The member's pseudonyms can be computed only during a request, from the secret that the session token opens.
    async with db.read() as tx:
        topics = [row["topic_id"] for row in await tx.rows(SELECT_TOPICS_WITH_PSEUDONYMS)]
        names = [own_pseudonym(actor, TopicId(topic)) for topic in topics]
        rows = await tx.rows(
            SELECT_POSTS_OF_PSEUDONYMS, topics=topics, names=[name for name in names if name is not None]
        )
    for row in rows:
        yield dict(row)


async def _json(rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    separator = b"[\n"
    async for row in rows:
        yield separator + msgspec.json.encode(row)
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


async def _as_stored(posts: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    async for post in posts:
        yield {name: value for name, value in post.items() if name not in FOR_READERS}


async def _markdown(posts: AsyncIterator[dict[str, Any]], site: str) -> AsyncIterator[bytes]:
    states = {
        "held": gettext("Held for review"),
        "withdrawn": pgettext("post", "Withdrawn"),
        "hidden": pgettext("post", "Hidden"),
    }
    async for post in posts:
        title = local(post["title"], post["topic_titles"])
        facts = [moment_for_reader(post["posted_at"]), f"<{site}/p/{post['id']}>"]
        if post["state"] != "published":
            facts.append(states[post["state"]])
        line = list_in(current_language(), facts, "unit")
        body = shown_body(post["number"], post["body"], post["topic_kind"])
        yield f"## {title}\n\n{line}\n\n{body}\n\n---\n\n".encode()


def _readme(site: str, anonymous: bool) -> str:
    files = [
        (
            "`posts.json`, `posts.md`",
            gettext("what you wrote under your name, also what is hidden or withdrawn"),
        ),
        ("`versions.json`", gettext("earlier versions that you wrote of posts")),
        *((f"`{name}.json`", gettext(file.description)) for name, file in PERSONAL_DATA.files.items()),
    ]
    # NOTE: The names of files, and what is in them.
    lines = [gettext("- %(files)s: %(content)s", files=names, content=content) for names, content in files]
    if anonymous:
        note = gettext("`anonymous.json` holds what you asked without your name: keep this file to yourself.")
    else:
        note = gettext(
            "What you asked without your name is not in here; on the page of settings you can have it put in."
        )
    return "\n".join(
        [
            "# " + gettext("What is kept about you on %(site)s", site=site),
            "",
            gettext("As of %(time)s.", time=moment_for_reader(clock.now())),
            "",
            *lines,
            "",
            note,
            "",
            gettext(
                "Not in here: your password and keys, which are kept in a form that cannot be read; who flagged, reported "
                "or decided; and what you did in office, which is the community's record."
            ),
            "",
        ]
    )


routes = [take_own_data]
