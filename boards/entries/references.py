"""References: field values that name a topic, post, live question, member, entry or file that the reader can see."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from boards.entries.field_values import AnswerInvalid
from boards.forms import active_fields
from boards.lookup.lookup import get_entry
from boards.shapes import Field, Fields, Form
from core.actor import Actor
from core.errors import NotFound, every_refusal
from core.ids import EntryId
from core.languages.texts import gettext, translatable
from forum.files.files import find_file
from forum.posts.post_pages import read_posts_by_id
from forum.topics.topics import show_topics
from members.profiles.profiles import find_member_id
from storage.database import Reader, Transaction
from storage.statements import statement

# (kind, id) of the object.
ReferenceKey = tuple[str, int]

REFERENCE_TYPES = frozenset({"reference", "file"})
_NO_FILE = translatable("This is not a file that you uploaded or can see.")
_NOTHING_HERE = translatable("This is not the address of a topic, post, member or entry that you can see.")
_URL_PATH = re.compile(
    r"/(?:t/(?P<topic>\d{1,18})(?:/[^/?#]*(?:/(?P<number>\d{1,9}))?)?|p/(?P<post>\d{1,18})|m/(?P<handle>[^/?#]{1,60})"
    r"|b/\d{1,18}/entries/(?P<entry>\d{1,18}))/?(?:[?#].*)?"
)
_EXPORTED = re.compile(r"(topic|post|question|member|entry|file) (\d{1,18})")
SELECT_REFERENCED_POST = statement("SELECT id FROM posts WHERE topic_id = :topic AND number = :number")
SELECT_REFERENCED_MEMBERS = statement(
    "SELECT id, handle, display_name FROM members WHERE id = ANY(CAST(:ids AS bigint[]))"
)
SELECT_REFERENCED_QUESTIONS = statement(
    "SELECT id, post_id FROM questions WHERE id = ANY(CAST(:ids AS bigint[]))"
)
SELECT_REFERENCED_ENTRIES = statement(
    "SELECT id, board_id, topic_id, post_id, title FROM entries WHERE id = ANY(CAST(:ids AS bigint[]))"
)


class ReferenceLink(Struct, frozen=True):
    """The label and address of a referenced object."""

    label: str
    address: str


async def resolve_references(tx: Transaction, actor: Actor, form: Form, given: Fields) -> Fields:
    """Return the field values with addresses of this service resolved to {"kind", "id"} references.

    Raises AnswerInvalid if the actor cannot see a referenced object.
    """
    resolved = dict(given)
    with every_refusal() as each:
        for field in active_fields(form):
            if field.type in REFERENCE_TYPES and (value := given.get(field.key)):
                with each.check():
                    resolved[field.key] = await _resolve_field(tx, actor, field, value)
    return resolved


async def _resolve_field(tx: Transaction, actor: Actor, field: Field, value: Any) -> Any:
    try:
        return await _resolve(tx, actor, value)
    except (NotFound, TypeError, KeyError, ValueError):
        raise AnswerInvalid(_NO_FILE if field.type == "file" else _NOTHING_HERE, field=field.key) from None


async def label_references(
    tx: Reader, actor: Actor, keys: Iterable[ReferenceKey]
) -> dict[ReferenceKey, ReferenceLink]:
    """Return the labels and addresses of those referenced objects that the actor can see."""
    ids: dict[str, list[int]] = {}
    for kind, id in sorted(set(keys)):
        ids.setdefault(kind, []).append(id)
    links: dict[ReferenceKey, ReferenceLink] = {}
    for kind, label in _LABELLERS.items():
        if kind in ids:
            links.update({(kind, id): link for id, link in (await label(tx, actor, ids[kind])).items()})
    return links


def collect_references(form: Form, values: Fields) -> list[tuple[str, ReferenceKey]]:
    """Return the (field key, reference) pairs among the field values."""
    found = [(field.key, values.get(field.key)) for field in form.fields if field.type in REFERENCE_TYPES]
    return [(key, (value["kind"], value["id"])) for key, value in found if isinstance(value, dict)]


async def _resolve(tx: Transaction, actor: Actor, value: Any) -> dict[str, Any]:
    kind, id = await _parse(tx, value) if isinstance(value, str) else (value["kind"], value["id"])
    if type(id) is not int or not 0 < id < 2**63:
        raise NotFound
    if kind == "entry":
        await get_entry(tx, actor, EntryId(id))
    elif (kind, id) not in await label_references(tx, actor, [(kind, id)]):
        raise NotFound
    return {"kind": kind, "id": id}


async def _parse(tx: Transaction, address: str) -> ReferenceKey:
    # The form that exports of a board write.
    if exported := _EXPORTED.fullmatch(address.strip()):
        return exported[1], int(exported[2])
    match = _URL_PATH.fullmatch(address.strip().removeprefix(tx.site))
    if match is None:
        raise NotFound
    if match["number"]:
        id = await tx.value(SELECT_REFERENCED_POST, topic=int(match["topic"]), number=int(match["number"]))
        return "post", int(id or 0)
    if match["handle"]:
        return "member", int(await find_member_id(tx, match["handle"]) or 0)
    kind = next(kind for kind in ("topic", "post", "entry") if match[kind])
    return kind, int(match[kind])


async def _label_topics(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    return {
        id: ReferenceLink(one.title, f"/t/{id}") for id, one in (await show_topics(tx, actor, ids)).items()
    }


async def _label_posts(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    posts = await read_posts_by_id(tx, actor, ids)
    topics = await show_topics(tx, actor, [post.topic for post in posts.values()])
    return {
        # NOTE: a post: its number, and the title of its topic.
        id: ReferenceLink(
            gettext("#%(number)s in “%(topic)s”", number=post.number, topic=topics[post.topic].local_title),
            f"/p/{id}",
        )
        for id, post in posts.items()
        if post.html is not None and post.topic in topics
    }


async def _label_questions(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    posts = {row["id"]: row["post_id"] for row in await tx.rows(SELECT_REFERENCED_QUESTIONS, ids=ids)}
    links = await _label_posts(tx, actor, list(posts.values()))
    return {id: links[post] for id, post in posts.items() if post in links}


async def _label_members(tx: Reader, _: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    rows = await tx.rows(SELECT_REFERENCED_MEMBERS, ids=ids)
    return {row["id"]: ReferenceLink(row["display_name"], f"/m/{row['handle']}") for row in rows}


async def _label_entries(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    found = await tx.rows(SELECT_REFERENCED_ENTRIES, ids=ids)
    visible = await show_topics(tx, actor, [row["topic_id"] for row in found])
    texts = await read_posts_by_id(tx, actor, [row["post_id"] for row in found])
    return {
        row["id"]: ReferenceLink(row["title"], f"/b/{row['board_id']}/entries/{row['id']}")
        for row in found
        if row["topic_id"] in visible and row["post_id"] in texts and texts[row["post_id"]].html is not None
    }


async def _label_files(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, ReferenceLink]:
    found = [await find_file(tx, actor, id) for id in ids]
    return {one.id: ReferenceLink(one.name, one.address) for one in found if one is not None}


_LABELLERS: Mapping[str, Any] = {
    "topic": _label_topics,
    "post": _label_posts,
    "question": _label_questions,
    "member": _label_members,
    "entry": _label_entries,
    "file": _label_files,
}
