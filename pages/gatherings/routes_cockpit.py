"""The hosts' cockpit of a room and the panel's page: pending, live and shortlisted questions, and the hosts' actions."""

from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from markupsafe import Markup
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import Denied
from core.http import PathId
from core.ids import QuestionId, RoomId
from core.languages.texts import gettext, pgettext, translatable
from core.text import POST_LENGTH
from gatherings.policy import NotHost
from gatherings.programme.reading import read_sessions
from gatherings.questions import mutes, questions
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer
from gatherings.shapes.programme import Session
from gatherings.shapes.questions import NewSilence, Question, QuestionEdit, QuestionState
from gatherings.shapes.rooms import Room
from pages.forum.post_html import who
from pages.gatherings.host_actions import (
    FORMS,
    VISIBLE_ACTIONS,
    HostAction,
    host_actions,
    panel_actions,
    script_words,
    undo_button,
)
from pages.gatherings.host_view import HostView, read_host_view, transition_in
from pages.gatherings.room_view import RANKING
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, FormAction, Typed, form_of, number_in, text_in, to_shape
from pages.shell.refused.correction import TextField, submit_or_correct
from pages.shell.renderer import redirect
from storage.database import Reader

OpenForm = Literal["", "dismiss", "merge", "answer", "edit", "silence"]

_COCKPIT_STATES: tuple[QuestionState, ...] = ("pending", "live", "shortlisted", "on_stage", "answered")


class NotOnPanel(Denied):
    """Only the panel and the hosts can open the panel's page."""

    message = translatable("Only the panel and the hosts of this room can see this page.")


class CockpitColumn(Struct, frozen=True, kw_only=True):
    """A column of the cockpit; `more` means that it has more questions than are shown."""

    name: str
    state: QuestionState
    title: str
    tab: str
    empty: str
    questions: list[Question]
    number: int
    more: bool


class CardsView(Struct, frozen=True, kw_only=True):
    """What question cards need besides their questions: the form's target, the actions, and questions to merge into."""

    room: Room
    action: str
    groups: dict[str, str]
    actions: dict[str, tuple[HostAction, ...]]
    merged_into: list[Question]
    orders: bool
    shown: dict[str, int] = msgspec.field(default_factory=lambda: dict(VISIBLE_ACTIONS))

    def by(self, question: Question) -> Markup:
        """Return the asker as HTML."""
        return Markup(who(question.author or None, self.groups))


@get("/r/{room_id:int}/host", include_in_schema=False)
async def show_cockpit(
    room_id: PathId,
    context: NamedDependency[PageContext],
    form: FromQuery[OpenForm] = "",
    q: FromQuery[str] = "",
    undo: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the cockpit to the hosts of the gathering; raise NotHost or NotFound."""
    async with context.db.read() as tx:
        facts = await rooms.get_room(tx, context.actor, RoomId(room_id))
        _ensure_can_see_cockpit(context.actor, facts.gathering_id)
        host_view = await read_host_view(
            tx, context.actor, RoomId(room_id), context.db.epoch, _COCKPIT_STATES
        )
        session = await _current_session(tx, context.actor, host_view)
    room = rooms.with_presence(host_view.room, context.presence)
    view = _cards_view(context, host_view, f"/r/{room.id}/host", host_actions())
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/cockpit.html",
        room=room,
        stream=host_view.stream,
        session=session,
        stage=host_view.of("on_stage"),
        columns=_columns(host_view),
        heard=host_view.heard,
        ranking=RANKING,
        voters=max((one.rank.why.voters for one in host_view.of("live") if one.rank), default=0),
        view=view,
        opened=form,
        opened_id=number_in(q),
        undo=undo_button(undo),
        forms=FORMS,
        samples=[_sample_question(room, state) for state in view.actions],
        groups_json=context.renderer.groups_json,
        words=script_words(),
    )


@post("/r/{room_id:int}/host", include_in_schema=False)
async def decide(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Apply a button or a form of the cockpit; the redirect carries what is needed to undo it."""

    async def apply(form: Form) -> Response[bytes]:
        question_id, undo = await _apply(context, RoomId(room_id), form.typed)
        return redirect(f"/r/{room_id}/host?undo={undo}#q{question_id}")

    return await _submit(context, apply, f"/r/{room_id}/host")


@get("/r/{room_id:int}/panel", include_in_schema=False)
async def show_panel(
    room_id: PathId,
    context: NamedDependency[PageContext],
    form: FromQuery[OpenForm] = "",
    q: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the question on stage and the next ones to the panel and the hosts, with forms for written answers."""
    async with context.db.read() as tx:
        facts = await rooms.get_room(tx, context.actor, RoomId(room_id))
        if not context.actor.hosts_at(facts.gathering_id):
            context.actor.signed_in()
            if not (await get_writer(tx, context.actor, facts)).is_on_panel:
                raise NotOnPanel
        host_view = await read_host_view(
            tx, context.actor, RoomId(room_id), context.db.epoch, ("on_stage", "shortlisted", "live")
        )
    room = rooms.with_presence(host_view.room, context.presence)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/panel.html",
        room=room,
        stream=host_view.stream,
        stage=host_view.of("on_stage"),
        shortlist=host_view.of("shortlisted"),
        live=host_view.of("live")[:20],
        view=_cards_view(context, host_view, f"/r/{room.id}/panel", panel_actions()),
        opened=form if form == "answer" else "",
        opened_id=number_in(q),
        is_host=context.actor.hosts_at(facts.gathering_id),
    )


@post("/r/{room_id:int}/panel", include_in_schema=False)
async def answer(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save a written answer."""

    async def apply(form: Form) -> Response[bytes]:
        await _apply(context, RoomId(room_id), form.typed)
        return redirect(f"/r/{room_id}/panel")

    return await _submit(context, apply, f"/r/{room_id}/panel")


async def _submit(context: PageContext, action: FormAction, back: str) -> Response[bytes]:
    fields = [
        TextField("reason", pgettext("reason", "Why")),
        TextField("answer", gettext("Answer in writing"), 4, POST_LENGTH),
        TextField("body", gettext("Edit"), 4, 2_000),
    ]
    return await submit_or_correct(context, await form_of(context), action, fields, gettext("Save"), back)


def _ensure_can_see_cockpit(actor: Actor, gathering_id: int) -> None:
    actor.signed_in()
    if not actor.hosts_at(gathering_id):  # type: ignore[arg-type]
        raise NotHost


async def _apply(context: PageContext, room_id: RoomId, typed: Typed) -> tuple[int, str]:
    """Apply a button, whose value is the action, the question's id and its version; return the id, and the value of `undo`
    in the URL or "" if the action cannot be undone."""
    action, first, second = [*text_in(typed, "do").split(" "), "", "", ""][:3]
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
        if action == "edit":
            edit = to_shape(QuestionEdit, {"body": facts["body"]})
            await questions.edit_question(tx, context.actor, question_id, edit, version, context.screen)
            return number, ""
        if action == "silence":
            silence = {"minutes": given.get("minutes", 10), "reason": facts["reason"]}
            await mutes.mute_asker(tx, context.actor, question_id, to_shape(NewSilence, silence))
            return number, ""
        move = await transition_in(tx, context.actor, question_id, action, version, given)
        moved = await questions.change_question_state(tx, context.actor, question_id, move)
    return number, f"{number}.{found.question.state}.{moved.version}.{moved.state}"


async def _current_session(tx: Reader, actor: Actor, host_view: HostView) -> Session | None:
    """Return the programme session that last started in the room, even if it should have ended, or None."""
    now = clock.now()
    here = [
        one
        for one in await read_sessions(tx, actor, host_view.facts.gathering_id)
        if one.room == host_view.room.id and one.state == "planned" and one.starts_at <= now
    ]
    return max(here, key=lambda one: one.starts_at, default=None)


def _columns(host_view: HostView) -> list[CockpitColumn]:
    pending, live = pgettext("questions", "Pending"), pgettext("questions", "Live")
    no_pending = gettext("No questions are waiting for approval.")
    no_live, no_shortlist = (
        gettext("There are no live questions."),
        gettext("The shortlist is empty. Shortlist a live question."),
    )
    return [
        _column(host_view, "pending", "pending", pending, pending, no_pending),
        _column(host_view, "live", "live", live, live, no_live),
        _column(
            host_view,
            "shortlist",
            "shortlisted",
            gettext("Shortlist and stage"),
            pgettext("noun", "Shortlist"),
            no_shortlist,
        ),
    ]


def _column(
    host_view: HostView, name: str, state: QuestionState, title: str, tab: str, empty: str
) -> CockpitColumn:
    return CockpitColumn(
        name=name,
        state=state,
        title=title,
        tab=tab,
        empty=empty,
        questions=host_view.of(state),
        number=host_view.number_of(state),
        more=state in host_view.unfinished,
    )


def _cards_view(
    context: PageContext, host_view: HostView, action: str, actions: dict[str, tuple[HostAction, ...]]
) -> CardsView:
    return CardsView(
        room=host_view.room,
        action=action,
        groups=context.renderer.groups,
        actions=actions,
        orders=action.endswith("/host"),
        merged_into=[*host_view.of("on_stage"), *host_view.of("shortlisted"), *host_view.of("live")],
    )


def _sample_question(room: Room, state: str) -> Question:
    return Question(
        id=0, room=room.id, post=0, state=state, votes=0, version=0, settled_at=None, number=0, body="", html="",  # type: ignore[arg-type]
        author=None, anonymous=True, asked_at=clock.now(), my_vote=0, mine=False,
    )  # fmt: skip


routes = [show_cockpit, decide, show_panel, answer]
