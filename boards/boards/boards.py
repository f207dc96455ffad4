"""Boards: creating and changing them, appointing curators, and loading the context in which entries are written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from boards.entries.context import EntryContext
from boards.events import BoardChanged, BoardCreated
from boards.forms import ensure_form, revise_form
from boards.lookup.board_queries import show_board
from boards.lookup.lookup import get_board
from boards.policy import (
    BoardFacts,
    ensure_can_appoint,
    ensure_can_create_board,
    ensure_can_curate,
)
from boards.shapes import Board, BoardChange, Form, NewBoard, Taxonomy
from boards.taxonomies import find_taxonomies
from boards.templates import TEMPLATES, as_stored, in_language_of_reader, usable_form
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound, Stale
from core.ids import BoardId, PostId, TopicId
from core.languages.texts import translatable
from core.text import tidy
from core.translations import tidied, titles_of
from forum.events import ReadersChanged
from forum.posts.insertion import NewPost, insert_posts
from forum.posts.post_text import rewrite_post
from forum.sectors import get_sector_id
from forum.text.rendering import render_text
from forum.topics.entry_topics import set_board_readers
from forum.topics.settings import rename_topic
from forum.topics.topics import insert_topic
from members.profiles.profiles import find_member_id
from storage.database import Reader, Transaction
from storage.statements import statement


class NoSuchTemplate(Invalid):
    """The new board has neither a form nor a template that exists."""

    message = translatable("There is no such template. A stock-take needs a template or a form.")


class PhasesOutOfOrder(Invalid):
    """A phase begins before the one that it follows."""

    message = translatable("A phase cannot begin before the one it follows.")


class NeverOpens(Invalid):
    """A board has a date for a later phase, but none at which it opens, so it would never take entries."""

    message = translatable(
        "Say when the stock-take opens: with a later date only, it would never take entries. Nothing was saved."
    )


class NoSuchCurator(Invalid):
    """No member has the handle of the curator to appoint."""

    message = translatable("There is no member with this handle.")


class KeyFieldUnknown(Invalid):
    """The key field, by which imports match rows, is not a text, number or link field of the form."""

    message = translatable("Imports can match rows only by a field of short text, a number or a link.")


INSERT_BOARD = statement("""
INSERT INTO boards (sector_id, topic_id, title, purpose, template, form, opens_at, consolidates_at, publishes_at,
    begun_by, begun_at)
VALUES (:sector, :topic, :title, :purpose, :template, CAST(:form AS jsonb), :opens_at, :consolidates_at, :publishes_at,
    :by, :now)
RETURNING id
""")
SELECT_TOPICS_OF_ENTRIES = statement("SELECT topic_id FROM entries WHERE board_id = :board")
UPDATE_BOARD = statement("""
UPDATE boards SET title = :title, purpose = :purpose, translations = CAST(:translations AS jsonb),
    form = CAST(:form AS jsonb), key_field = :key_field, verify_days = :verify_days,
    opens_at = :opens_at, consolidates_at = :consolidates_at, publishes_at = :publishes_at,
    version = version + 1 WHERE id = :id
""")
SELECT_BOARD_FORM = statement("SELECT form FROM boards WHERE id = :id")
SELECT_OPENING_POST = statement("SELECT id FROM posts WHERE topic_id = :topic AND number = 1")
INSERT_CURATOR = statement(
    "INSERT INTO board_curators (board_id, member_id) VALUES (:board, :member) ON CONFLICT DO NOTHING"
)
DELETE_CURATOR = statement("DELETE FROM board_curators WHERE board_id = :board AND member_id = :member")
_PHASES = ("opens_at", "consolidates_at", "publishes_at")
_KEY_FIELD_TYPES = frozenset({"text", "number", "link"})


async def create_board(tx: Transaction, actor: Actor, slug: str, new: NewBoard) -> BoardId:
    """Create a board in a sector, with a topic for its discussion; return its id.

    Raises NotFound, Denied, NoSuchTemplate, PhasesOutOfOrder, NeverOpens or a refusal of `ensure_form`.
    """
    sector_id, now = await get_sector_id(tx, slug), clock.now()
    ensure_can_create_board(actor, sector_id, now)
    taxonomies = await find_taxonomies(tx)
    form = _form_of(new, taxonomies)
    ensure_form(form, taxonomies)
    dates = _phases_of(new, now)
    _ensure_order(*dates.values())

    member, title = actor.signed_in(), tidy(new.title)
    topic = await insert_topic(
        tx, sector_id=sector_id, title=title, kind="board", author_id=member, tags=(), now=now
    )
    body = _opening_text(title, new.purpose)
    html = (await render_text(body, topic=topic, site=tx.site)).html
    await insert_posts(tx, topic, [NewPost(author_id=member, body=body, html=html, posted_at=now)], now)
    if new.readers != "everyone":
        await set_board_readers(tx, [topic], new.readers)
    board_id = await tx.value(
        INSERT_BOARD,
        sector=sector_id,
        topic=topic,
        title=title,
        purpose=tidy(new.purpose),
        template=new.template,
        form=_encoded(form),
        by=member,
        now=now,
        **dates,
    )
    await tx.record(BoardCreated(sector_id=sector_id, board_id=board_id))
    return BoardId(board_id)


async def change_board(
    tx: Transaction, actor: Actor, board_id: BoardId, change: BoardChange, version: int | None
) -> None:
    """Change the properties of a board; fields that the new form leaves out are retired, and their stored values stay.

    Raises Stale if `version` is given and not current, NotACurator, PhasesOutOfOrder, NeverOpens, KeyFieldUnknown,
    FieldKindFixed or a refusal of `ensure_form`.
    """
    facts = await get_board(tx, actor, board_id, lock=True)
    ensure_can_curate(actor, facts, clock.now())
    board = await show_board(tx, actor, board_id)
    if version is not None and version != facts.version:
        raise Stale(board)
    taxonomies = await find_taxonomies(tx)
    wanted = _apply_change(board, change)
    if change.form is not UNSET:
        ensure_form(change.form, taxonomies)
        wanted["form"] = revise_form(board.form, change.form)
    dates = {name: wanted[name] for name in _PHASES}
    if dates != {name: getattr(board, name) for name in _PHASES}:
        _ensure_order(*dates.values())
    _ensure_key(wanted["key_field"], wanted["form"])

    await tx.run(UPDATE_BOARD, id=board_id, **{**wanted, "form": _encoded(wanted["form"])})
    if (wanted["title"], wanted["purpose"]) != (board.title, board.purpose):
        await _rewrite_opening_post(tx, facts, wanted["title"], wanted["purpose"])
    titles = titles_of(wanted["translations"])
    if (wanted["title"], titles) != (board.title, titles_of(board.translations)):
        await rename_topic(tx, facts.topic_id, facts.sector_id, wanted["title"], titles)
    if change.readers is not UNSET:
        await _change_readers(tx, facts, change.readers)
    await tx.record(BoardChanged(board_id=board_id))


async def appoint_curator(
    tx: Transaction, actor: Actor, board_id: BoardId, handle: str, is_curator: bool
) -> None:
    """Make a member a curator of the board, or no longer one; repeating the call changes nothing. Raises NoSuchCurator."""
    facts = await get_board(tx, actor, board_id, lock=True)
    ensure_can_appoint(actor, facts, clock.now())
    member = await find_member_id(tx, handle)
    if member is None:
        raise NoSuchCurator(field="handle")
    if await tx.run(INSERT_CURATOR if is_curator else DELETE_CURATOR, board=board_id, member=member):
        await tx.record(BoardChanged(board_id=board_id))


async def load_entry_context(tx: Reader, board_id: BoardId) -> EntryContext:
    """Return what the values of a board's entries need, with labels in the language of the reader; raise NotFound."""
    stored = await load_stored_context(tx, board_id)
    return replace(stored, form=in_language_of_reader(stored.form))


async def load_stored_context(tx: Reader, board_id: BoardId) -> EntryContext:
    """Return the same with labels as they are stored, which are those of all readers; raise NotFound."""
    stored = await tx.value(SELECT_BOARD_FORM, id=board_id)
    if stored is None:
        raise NotFound
    return EntryContext(
        board=board_id, form=msgspec.convert(stored, Form), taxonomies=await find_taxonomies(tx)
    )


def _form_of(new: NewBoard, taxonomies: Mapping[str, Taxonomy]) -> Form:
    if new.form is not None:
        return new.form
    if new.template is None or new.template not in TEMPLATES:
        raise NoSuchTemplate(field="template")
    return usable_form(TEMPLATES[new.template][1], set(taxonomies))


def _apply_change(board: Board, change: BoardChange) -> dict[str, Any]:
    def value_of(name: str) -> Any:
        given = getattr(change, name)
        return getattr(board, name) if given is UNSET else given

    names = (
        "title",
        "purpose",
        "translations",
        "form",
        "key_field",
        "verify_days",
        "opens_at",
        "consolidates_at",
        "publishes_at",
    )
    wanted = {name: value_of(name) for name in names}
    return wanted | {
        "title": tidy(wanted["title"]),
        "purpose": tidy(wanted["purpose"]),
        "translations": tidied(wanted["translations"]),
    }


def _phases_of(new: NewBoard, now: datetime) -> dict[str, datetime | None]:
    """Return the dates of the phases; a board without `opens_at` opens now, or with a later phase that has begun already."""
    later = (new.consolidates_at, new.publishes_at)
    opens_at = min([now, *filter(None, later)]) if new.opens_at is UNSET else new.opens_at
    return dict(zip(_PHASES, (opens_at, *later), strict=True))


def _ensure_order(opens_at: datetime | None, *later: datetime | None) -> None:
    if opens_at is None and any(later):
        raise NeverOpens(field="opens_at")
    dates = (opens_at, *later)
    known = [date for date in dates if date is not None]
    if known != sorted(known):
        raise PhasesOutOfOrder(field="opens_at")


def _ensure_key(key: str | None, form: Form) -> None:
    field = next((one for one in form.fields if one.key == key and not one.retired), None)
    if key is not None and (field is None or field.type not in _KEY_FIELD_TYPES):
        raise KeyFieldUnknown(field="key_field")


async def _rewrite_opening_post(tx: Transaction, board: BoardFacts, title: str, purpose: str) -> None:
    post = PostId(await tx.value(SELECT_OPENING_POST, topic=board.topic_id))
    await rewrite_post(tx, board.topic_id, post, _opening_text(title, purpose), clock.now())


async def _change_readers(tx: Transaction, board: BoardFacts, readers: str) -> None:
    """Change the readers of the board's topic and of all its entries' topics; sockets check their subscriptions again."""
    if not await set_board_readers(tx, [board.topic_id], readers):
        return
    of_entries = [TopicId(row["topic_id"]) for row in await tx.rows(SELECT_TOPICS_OF_ENTRIES, board=board.id)]
    changed = await set_board_readers(tx, of_entries, readers)
    await tx.record(BoardChanged(board_id=board.id))
    for topic in (board.topic_id, *changed):
        await tx.record(ReadersChanged(topic_id=topic))


def _opening_text(title: str, purpose: str) -> str:
    return f"**{title}**\n\n{tidy(purpose)}".strip()


def _encoded(form: Form) -> str:
    return msgspec.json.encode(as_stored(form)).decode()
