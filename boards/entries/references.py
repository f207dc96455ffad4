"""References: an answer that names a topic, a post, a live question, a member, another entry or a file; seen by who can see
that."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from boards.entries.field_values import AnswerInvalid
from boards.forms import asked
from boards.lookup.lookup import get_entry
from boards.shapes import Fields, Form
from core.actor import Actor
from core.errors import NotFound
from core.ids import EntryId
from forum.files.files import find_file
from forum.posts.post_pages import read_posts_by_id
from forum.topics.topics import show_topics
from storage.database import Reader, Transaction
from storage.statements import statement

Key = tuple[str, int]

REFERRING = frozenset({"reference", "file"})
_NO_FILE = "This is not a file that you uploaded or can see."
_ADDRESS = re.compile(
    r"/(?:t/(?P<topic>\d{1,18})(?:/[^/?#]*(?:/(?P<number>\d{1,9}))?)?|p/(?P<post>\d{1,18})|m/(?P<handle>[^/?#]{1,60})"
    r"|b/\d{1,18}/entries/(?P<entry>\d{1,18}))/?(?:[?#].*)?"
)
_PLAIN = re.compile(r"(topic|post|question|member|entry|file) (\d{1,18})")
_NUMBERED = statement("SELECT id FROM posts WHERE topic_id = :topic AND number = :number")
_HANDLE = statement("SELECT id FROM members WHERE handle = :handle")
_MEMBERS = statement("SELECT id, handle, display_name FROM members WHERE id = ANY(CAST(:ids AS bigint[]))")
_QUESTIONS = statement("SELECT id, post_id FROM questions WHERE id = ANY(CAST(:ids AS bigint[]))")


class ReferenceLink(Struct, frozen=True):
    """What a reference leads to, in words, and where."""

    label: str
    address: str


async def resolve_references(tx: Transaction, actor: Actor, form: Form, given: Fields) -> Fields:
    """The same answers with addresses of ours as references; `AnswerInvalid` where the actor cannot see what is named."""
    resolved = dict(given)
    for field in asked(form):
        if field.type in REFERRING and (value := given.get(field.key)):
            try:
                resolved[field.key] = await _settle(tx, actor, value)
            except (NotFound, TypeError, KeyError, ValueError):
                raise AnswerInvalid(
                    _NO_FILE
                    if field.type == "file"
                    else "This is not the address of a topic, post, member or entry that you can see.",
                    field=field.key,
                ) from None
    return resolved


async def label_references(tx: Reader, actor: Actor, wanted: Iterable[Key]) -> dict[Key, ReferenceLink]:
    """What references lead to, as far as the actor can see it."""
    ids: dict[str, list[int]] = {}
    for kind, id in sorted(set(wanted)):
        ids.setdefault(kind, []).append(id)
    named: dict[Key, ReferenceLink] = {}
    for kind, name in _NAMERS.items():
        if kind in ids:
            named.update({(kind, id): to for id, to in (await name(tx, actor, ids[kind])).items()})
    return named


def collect_references(form: Form, answers: Fields) -> list[tuple[str, Key]]:
    """The references among answers, each with its field."""
    found = [(field.key, answers.get(field.key)) for field in form.fields if field.type in REFERRING]
    return [(key, (value["kind"], value["id"])) for key, value in found if isinstance(value, dict)]


async def _settle(tx: Transaction, actor: Actor, value: Any) -> dict[str, Any]:
    kind, id = await _parse(tx, value) if isinstance(value, str) else (value["kind"], value["id"])
    if type(id) is not int or not 0 < id < 2**63:
        raise NotFound
    if kind == "entry":
        await get_entry(tx, actor, EntryId(id))
    elif (kind, id) not in await label_references(tx, actor, [(kind, id)]):
        raise NotFound
    return {"kind": kind, "id": id}


async def _parse(tx: Transaction, address: str) -> Key:
    # As our own exports write it.
    if plain := _PLAIN.fullmatch(address.strip()):
        return plain[1], int(plain[2])
    match = _ADDRESS.fullmatch(address.strip().removeprefix(tx.site))
    if match is None:
        raise NotFound
    if match["number"]:
        id = await tx.value(_NUMBERED, topic=int(match["topic"]), number=int(match["number"]))
        return "post", int(id or 0)
    if match["handle"]:
        return "member", int(await tx.value(_HANDLE, handle=match["handle"]) or 0)
    kind = next(kind for kind in ("topic", "post", "entry") if match[kind])
    return kind, int(match[kind])


async def _name_topics(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    return {
        id: ReferenceLink(one.title, f"/t/{id}") for id, one in (await show_topics(tx, actor, ids)).items()
    }


async def _name_posts(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    posts = await read_posts_by_id(tx, actor, ids)
    topics = await show_topics(tx, actor, [post.topic for post in posts.values()])
    return {
        id: ReferenceLink(f"#{post.number} in “{topics[post.topic].title}”", f"/p/{id}")
        for id, post in posts.items()
        if post.html is not None and post.topic in topics
    }


async def _name_questions(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    posts = {row["id"]: row["post_id"] for row in await tx.rows(_QUESTIONS, ids=ids)}
    named = await _name_posts(tx, actor, list(posts.values()))
    return {id: named[post] for id, post in posts.items() if post in named}


async def _name_members(tx: Reader, _: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    rows = await tx.rows(_MEMBERS, ids=ids)
    return {row["id"]: ReferenceLink(row["display_name"], f"/m/{row['handle']}") for row in rows}


async def _name_entries(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    found = await tx.rows(_ENTRIES, ids=ids)
    seen = await show_topics(tx, actor, [row["topic_id"] for row in found])
    texts = await read_posts_by_id(tx, actor, [row["post_id"] for row in found])
    return {
        row["id"]: ReferenceLink(row["title"], f"/b/{row['board_id']}/entries/{row['id']}")
        for row in found
        if row["topic_id"] in seen and row["post_id"] in texts and texts[row["post_id"]].html is not None
    }


async def _name_files(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    found = [await find_file(tx, actor, id) for id in ids]
    return {one.id: ReferenceLink(one.name, one.address) for one in found if one is not None}


_ENTRIES = statement(
    "SELECT id, board_id, topic_id, post_id, title FROM entries WHERE id = ANY(CAST(:ids AS bigint[]))"
)
_NAMERS: Mapping[str, Any] = {
    "topic": _name_topics,
    "post": _name_posts,
    "question": _name_questions,
    "member": _name_members,
    "entry": _name_entries,
    "file": _name_files,
}
