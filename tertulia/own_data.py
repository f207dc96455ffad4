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
from forum.quoting import write_out
from gatherings.visibility import own_pseudonym
from moderation.policy import SETTLES_AFTER
from storage.database import Database
from storage.statements import Statement, statement

# Posts that are read, and sent, at a time.
BATCH = 200

# By the name of the file: what it holds, and the rows. Nothing in it is another member's; keys, passwords and who decided,
# reported or moderated are left out.
FILES: Mapping[str, tuple[str, str]] = {
    "profile": (
        "your account and profile",
        """SELECT id, handle, display_name, email, email_verified_at, organisation, stakeholder_group, country, sectors,
        stages, materials, languages, letters_in, about, public, joined_at, silenced_until, trust, trust_given
        FROM members WHERE id = :member""",
    ),
    "mail": (
        "when mail comes, and your time zone",
        "SELECT direct, followed, time_zone FROM mail_wishes WHERE member_id = :member",
    ),
    "sessions": (
        "where you are signed in; ended sessions are deleted",
        "SELECT user_agent, started_at, seen_at, ends_at FROM sessions WHERE member_id = :member ORDER BY id",
    ),
    "links": (
        "links that were mailed to you",
        "SELECT purpose, address, asked_at, spent_at FROM mailed_links WHERE member_id = :member ORDER BY id",
    ),
    "feed-key": (
        "whether you have a key for feeds",
        "SELECT made_at FROM feed_keys WHERE member_id = :member",
    ),
    "duties": (
        "what you are trusted with",
        """SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering, d.granted_at FROM duties d
        LEFT JOIN sectors s ON s.id = d.sector_id WHERE d.member_id = :member ORDER BY d.id""",
    ),
    "bodies": (
        "bodies on which you sit",
        "SELECT body FROM body_members WHERE member_id = :member ORDER BY body",
    ),
    "topics": (
        "topics that you have opened, or that are given to you to see to",
        """SELECT id, title, kind, tags, opened_at, author_id = :member AS opened_by_you, assignment FROM topics
        WHERE author_id = :member OR assignee_id = :member ORDER BY id""",
    ),
    "reactions": (
        "your reactions to posts",
        "SELECT post_id AS post, kind, set_at FROM reactions WHERE member_id = :member ORDER BY post_id, kind",
    ),
    "drafts": (
        "what you have begun to write",
        """SELECT key, title, body, tags, kind, saved_at FROM drafts WHERE member_id = :member AND ended_at IS NULL
        ORDER BY key""",
    ),
    "files": (
        "files that you have uploaded: their names and addresses",
        """SELECT id, name, media_type, size, uploaded_at FROM files WHERE uploaded_by = :member ORDER BY uploaded_at, id""",
    ),
    "following": (
        "what you follow, how closely, and why",
        """SELECT f.topic_id AS topic, s.slug AS sector, f.tag, f.chosen, f.automatic, f.because, f.mail FROM following f
        LEFT JOIN sectors s ON s.id = f.sector_id WHERE f.member_id = :member ORDER BY f.id""",
    ),
    "reading": (
        "what you have read: which posts of which topic, for how long, and when last",
        """SELECT topic_id AS topic, CAST(read AS text) AS numbers, seconds, read_at FROM readings
        WHERE member_id = :member ORDER BY topic_id""",
    ),
    "searches": (
        "searches that you keep",
        "SELECT query, told, saved_at FROM saved_searches WHERE member_id = :member ORDER BY id",
    ),
    "inbox": (
        "what you were told: read things are deleted after 90 days, all after a year",
        """SELECT kind, reason, because, topic_id AS topic, post_id AS post, decision_id AS decision, told_at, read_at,
        done_at, mailed_at FROM notifications WHERE member_id = :member ORDER BY id""",
    ),
    "invitations": (
        "topics and rooms for which you are listed",
        "SELECT topic_id AS topic FROM topic_readers WHERE member_id = :member ORDER BY topic_id",
    ),
    "panels": (
        "rooms on whose panel you sit",
        "SELECT room_id AS room FROM panelists WHERE member_id = :member ORDER BY room_id",
    ),
    "attendance": (
        "rooms in which you were, by day",
        "SELECT room_id AS room, day FROM attendance WHERE member_id = :member ORDER BY day, room_id",
    ),
    "votes": (
        "questions that you have voted for",
        "SELECT question_id AS question FROM votes WHERE member_id = :member ORDER BY question_id",
    ),
    "ballots": (
        "your answers in polls",
        "SELECT poll_id AS poll, answer FROM ballots WHERE member_id = :member ORDER BY poll_id",
    ),
    "entries": (
        "entries of boards that are yours or that you have worked on",
        """SELECT e.id, e.board_id AS board, e.number, e.title, e.fields, e.added_at, e.author_id = :member AS begun_by_you,
        c.since AS contributing_since FROM entries e
        LEFT JOIN entry_contributors c ON c.entry_id = e.id AND c.member_id = :member
        WHERE e.author_id = :member OR c.member_id IS NOT NULL ORDER BY e.id""",
    ),
    "entry-versions": (
        "what you have written into entries",
        """SELECT entry_id AS entry, version, title, fields, written_at FROM entry_versions WHERE written_by = :member
        ORDER BY entry_id, version""",
    ),
    "confirmations": (
        "entries that you have confirmed",
        """SELECT entry_id AS entry, kind, organisation, set_at FROM entry_confirmations WHERE member_id = :member
        ORDER BY entry_id, kind""",
    ),
    "gaps": (
        "gaps of boards that you have taken on",
        "SELECT board_id AS board, cell, claimed_at, ends_at FROM gap_claims WHERE member_id = :member ORDER BY id",
    ),
    "views": (
        "views of boards that you keep",
        "SELECT board_id AS board, title, query, is_shared, saved_at FROM saved_views WHERE member_id = :member ORDER BY id",
    ),
    "board-work": (
        "boards that you curate",
        "SELECT board_id AS board FROM board_curators WHERE member_id = :member ORDER BY board_id",
    ),
    "imports": (
        "tables that you have brought into boards",
        "SELECT board_id AS board, file_name, uploaded_at FROM board_imports WHERE member_id = :member ORDER BY id",
    ),
    "sanctions": (
        "what was decided against you, and until when it holds",
        """SELECT decision_id AS decision, action, begun_at, until, ended_at FROM sanctions s
        WHERE member_id = :member AND begun_at <= :settled ORDER BY decision_id""",
    ),
    "decisions": (
        "decisions about what you wrote under your name, with their reasons",
        """SELECT d.id, d.action, d.rule, d.facts, d.automated, d.decided_at, d.reversed_at, d.reversal_facts, p.id AS post
        FROM decisions d JOIN cases c ON c.id = d.case_id JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
        WHERE p.author_id = :member AND d.undone_at IS NULL AND d.decided_at <= :settled ORDER BY d.id""",
    ),
    "appeals": (
        "your appeals, and their answers",
        """SELECT decision_id AS decision, body, appealed_at, outcome, answer, answered_at FROM appeals
        WHERE member_id = :member ORDER BY id""",
    ),
    "silences": (
        "rooms in which you were silenced",
        "SELECT room_id AS room, reason, until, silenced_at FROM room_silences WHERE member_id = :member ORDER BY id",
    ),
    "flags": (
        "what you have flagged",
        """SELECT object_kind AS kind, object_id AS id, reason, note, flagged_at FROM flags WHERE member_id = :member
        ORDER BY id""",
    ),
    "reports": (
        "what you have reported",
        """SELECT reference, address, reason, why, name, email, received_at FROM reports WHERE member_id = :member
        ORDER BY id""",
    ),
}
# Tables that know members and are not in it, and why; a test demands one or the other of each.
LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        "boards case_claims case_notes change_requests editions moderator_names moves polls question_claims "
        "question_moves reporter_looks rules struck_words topic_timers".split(),
        "done in office, for the community, and kept as its record",
    ),
    "topic_paces": "a moment that says when one may write again",
}

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
        binds["settled"] = clock.now() - SETTLES_AFTER
    async with db.read() as tx:
        return msgspec.json.encode([dict(row) for row in await tx.rows(query, **binds)])


async def _posts(db: Database, actor: Actor, member: MemberId) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(_POSTS, member=member, after=after, count=BATCH)
            posts = [dict(row) | {"body": await write_out(tx, actor, row["body"])} for row in rows]
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
