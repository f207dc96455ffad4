"""The hosts' cockpit of a room, and the panel's view: what waits, what is next, and what one decides about it."""

from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import Denied
from core.http import PathId
from core.ids import QuestionId, RoomId
from gatherings.policy import NotHost
from gatherings.programme.reading import read_sessions
from gatherings.questions import mutes, questions
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.programme import Session
from gatherings.shapes.questions import NewSilence, Question, QuestionEdit, QuestionMove, QuestionState
from gatherings.shapes.rooms import Room
from pages.gatherings.host_actions import DEEDS, DONE, FORMS, KEYS, PANEL_DEEDS, SHOWN, Deed
from pages.gatherings.host_view import Floor, look
from pages.gatherings.room_view import RANKING
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, number_in, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from storage.database import Reader, Transaction

OpenForm = Literal["", "dismiss", "merge", "answer", "edit", "silence"]

_COLUMNS: tuple[tuple[str, QuestionState, str, str], ...] = (
    ("pending", "pending", "Pending", "Nothing waits for approval."),
    ("live", "live", "Live", "No questions wait for their turn."),
    ("shortlist", "shortlisted", "Shortlist and stage", "Nobody is next. Shortlist a live question."),
)
_COCKPIT: tuple[QuestionState, ...] = ("pending", "live", "shortlisted", "on_stage", "answered")


class NotOnPanel(Denied):
    """Only the panel and the hosts see the panel's view."""

    message = "The panel of this room and its hosts see this page."


class Column(Struct, frozen=True, kw_only=True):
    """One of the cockpit's columns."""

    name: str
    state: str
    title: str
    tab: str
    empty: str
    questions: list[Question]
    number: int
    more: bool


class View(Struct, frozen=True, kw_only=True):
    """What the cards of a page need besides their questions."""

    room: Room
    action: str
    groups: dict[str, str]
    deeds: dict[str, tuple[Deed, ...]]
    merged_into: list[Question]
    orders: bool
    shown: dict[str, int] = msgspec.field(default_factory=lambda: dict(SHOWN))


class Undo(Struct, frozen=True):
    """What was just done, and the button that takes it back."""

    said: str
    move: str
    word: str = "Undo"
    reason: str = ""


@get("/r/{room_id:int}/host", include_in_schema=False)
async def show_cockpit(
    room_id: PathId,
    context: NamedDependency[PageContext],
    form: FromQuery[OpenForm] = "",
    q: FromQuery[str] = "",
    undo: FromQuery[str] = "",
) -> Response[bytes]:
    """The cockpit, for the hosts of the gathering."""
    async with context.db.read() as tx:
        facts = await rooms.get_room(tx, context.actor, RoomId(room_id))
        _ensure_sees_cockpit(context.actor, facts.gathering_id)
        floor = await look(tx, context.actor, RoomId(room_id), context.db.epoch, _COCKPIT)
        session = await _session_on(tx, context.actor, floor)
    room = rooms.with_presence(floor.room, context.presence)
    view = _view(context, floor, f"/r/{room.id}/host", dict(DEEDS))
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/cockpit.html",
        room=room,
        stream=floor.stream,
        session=session,
        stage=floor.of("on_stage"),
        columns=_columns(floor),
        heard=floor.heard,
        ranking=RANKING,
        voters=max((one.rank.why.voters for one in floor.of("live") if one.rank), default=0),
        view=view,
        opened=form,
        opened_id=number_in(q),
        undo=_undo_of(undo),
        keys=KEYS,
        forms=FORMS,
        samples=[_sample(room, state) for state in DEEDS],
        groups_json=context.renderer.groups_json,
        done=msgspec.json.encode(DONE).decode(),
    )


@post("/r/{room_id:int}/host", include_in_schema=False)
async def decide(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """One of the cockpit's buttons or forms."""
    done, back = await _decide(context, RoomId(room_id))
    return go_to(f"/r/{room_id}/host?undo={back}#q{done}")


@get("/r/{room_id:int}/panel", include_in_schema=False)
async def show_panel(
    room_id: PathId,
    context: NamedDependency[PageContext],
    form: FromQuery[OpenForm] = "",
    q: FromQuery[str] = "",
) -> Response[bytes]:
    """What is on stage and next, for the panel and the hosts, with a place to answer in writing."""
    async with context.db.read() as tx:
        facts = await rooms.get_room(tx, context.actor, RoomId(room_id))
        if not context.actor.hosts_at(facts.gathering_id):
            context.actor.signed_in()
            if not (await get_writer(tx, context.actor, facts)).is_on_panel:
                raise NotOnPanel
        floor = await look(
            tx, context.actor, RoomId(room_id), context.db.epoch, ("on_stage", "shortlisted", "live")
        )
    room = rooms.with_presence(floor.room, context.presence)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/panel.html",
        room=room,
        stream=floor.stream,
        stage=floor.of("on_stage"),
        shortlist=floor.of("shortlisted"),
        live=floor.of("live")[:20],
        view=_view(context, floor, f"/r/{room.id}/panel", dict(PANEL_DEEDS)),
        opened=form if form == "answer" else "",
        opened_id=number_in(q),
        is_host=context.actor.hosts_at(facts.gathering_id),
    )


@post("/r/{room_id:int}/panel", include_in_schema=False)
async def answer(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """An answer in writing."""
    await _decide(context, RoomId(room_id))
    return go_to(f"/r/{room_id}/panel")


def _ensure_sees_cockpit(actor: Actor, gathering_id: int) -> None:
    actor.signed_in()
    if not actor.hosts_at(gathering_id):  # type: ignore[arg-type]
        raise NotHost


async def _decide(context: PageContext, room_id: RoomId) -> tuple[int, str]:
    """Does what the form asks for; the question it was, and what takes it back."""
    typed = await read_form(context.request)
    word, first, second = [*text_in(typed, "do").split(" "), "", "", ""][:3]
    number, version = number_in(first), number_in(second)
    if number is None or version is None or version >= 2**31:
        raise BadButton
    facts = {name: text_in(typed, name).strip() for name in ("reason", "answer", "body")}
    given: dict[str, object] = {name: text for name, text in facts.items() if text}
    given |= {name: number_in(text_in(typed, name)) for name in ("into", "minutes") if text_in(typed, name)}
    question_id = QuestionId(number)
    async with context.db.begin() as tx:
        found = await questions.get_question(tx, context.actor, question_id)
        if found.room.id != room_id:
            raise BadButton
        if word == "edit":
            edit = to_shape(QuestionEdit, {"body": facts["body"]})
            await questions.edit_question(tx, context.actor, question_id, edit, version, context.screen)
            return number, ""
        if word == "silence":
            silence = {"minutes": given.get("minutes", 10), "reason": facts["reason"]}
            await mutes.mute_asker(tx, context.actor, question_id, to_shape(NewSilence, silence))
            return number, ""
        move = await _move_of(tx, context.actor, question_id, word, version, given)
        moved = await questions.change_question_state(tx, context.actor, question_id, move)
    return number, f"{number}.{found.question.state}.{moved.version}.{moved.state}"


async def _move_of(
    tx: Transaction, actor: Actor, question_id: QuestionId, word: str, version: int, given: dict[str, object]
) -> QuestionMove:
    if word in ("up", "down"):
        shown = await questions.read_question(tx, actor, question_id)
        place = (shown.place or 1) + (-1 if word == "up" else 1)
        return to_shape(QuestionMove, {"state": "shortlisted", "version": version, "place": max(1, place)})
    if word not in DONE:
        raise BadButton
    return to_shape(
        QuestionMove,
        {"state": word, "version": version}
        | {name: given[name] for name in given if name in ("reason", "answer", "into")},
    )


async def _session_on(tx: Reader, actor: Actor, floor: Floor) -> Session | None:
    """What goes on in the room now by the programme, or the last thing that should have ended."""
    now = clock.now()
    here = [
        one
        for one in await read_sessions(tx, actor, floor.facts.gathering_id)
        if one.room == floor.room.id and one.state == "planned" and one.starts_at <= now
    ]
    return max(here, key=lambda one: one.starts_at, default=None)


def _columns(floor: Floor) -> list[Column]:
    return [
        Column(
            name=name,
            state=state,
            title=title,
            tab=title.partition(" ")[0],
            empty=empty,
            questions=floor.of(state),
            number=floor.number_of(state),
            more=state in floor.unfinished,
        )
        for name, state, title, empty in _COLUMNS
    ]


def _view(context: PageContext, floor: Floor, action: str, deeds: dict[str, tuple[Deed, ...]]) -> View:
    return View(
        room=floor.room,
        action=action,
        groups=context.renderer.groups,
        deeds=deeds,
        orders=action.endswith("/host"),
        merged_into=[*floor.of("on_stage"), *floor.of("shortlisted"), *floor.of("live")],
    )


def _undo_of(text: str) -> Undo | None:
    """From the address: which question, where it was, its version now, where it is now."""
    parts = text.split(".")
    if len(parts) != 4 or number_in(parts[0]) is None or number_in(parts[2]) is None:
        return None
    number, was, version, now = parts
    if was not in DONE or now not in DONE:
        return None
    # What was approved has its place in the topic and cannot wait again: it is taken off instead.
    if was == "pending" and now in ("live", "shortlisted"):
        return Undo(f"{DONE[now]}.", f"dismissed {number} {version}", "Take off", "Approved by mistake.")
    return Undo(f"{DONE[now]}.", f"{was} {number} {version}")


def _sample(room: Room, state: str) -> Question:
    return Question(
        id=0, room=room.id, post=0, state=state, votes=0, version=0, settled_at=None, number=0, body="", html="",  # type: ignore[arg-type]
        author=None, anonymous=True, asked_at=clock.now(), my_vote=0, mine=False,
    )  # fmt: skip


routes = [show_cockpit, decide, show_panel, answer]
