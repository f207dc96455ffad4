"""Tending on pages: what moderators set for a topic, and what is assigned to oneself."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.actor import Actor
from core.errors import Refusal
from core.http import PathId, status_of
from core.ids import TopicId
from forum.shapes import TopicChange
from forum.topics import assignments, status, timer_jobs, topics
from forum.topics.settings import change_topic
from forum.topics.shapes import NewAssignment, NewClosing, NewSlowMode, NewTimer, TimerKind
from pages.forum.topic_view import address_of
from pages.shell.context import PageContext
from pages.shell.datetime_fields import moment_of, zone_of
from pages.shell.forms import BadButton, Form, Typed, number_in, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from storage.database import Transaction

Deed = Callable[[Transaction, Actor, TopicId, Typed], Awaitable[None]]
_UTC = zone_of("UTC")
_TIMERS: tuple[TimerKind, ...] = ("open", "close", "remind", "archive")


@get("/tend/{topic_id:int}", include_in_schema=False)
async def show_tending(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """All that can be set for a topic."""
    return await _show(context, TopicId(topic_id), Form())


@post("/tend/{topic_id:int}", include_in_schema=False)
async def tend(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Set one thing."""
    typed = await read_form(context.request)
    deed = _DEEDS.get(text_in(typed, "deed"))
    if deed is None:
        context.actor.signed_in()
        raise BadButton
    try:
        async with context.db.begin() as tx:
            await deed(tx, context.actor, TopicId(topic_id), typed)
    except Refusal as refusal:
        status = status_of(refusal)
        if status in (401, 403, 404):
            raise
        return await _show(context, TopicId(topic_id), Form(typed=typed).refuse(refusal), status)
    if text_in(typed, "back") == "assigned":
        return go_to("/assigned")
    return go_to(f"/t/{topic_id}")


@get("/assigned", include_in_schema=False)
async def show_assigned(context: NamedDependency[PageContext]) -> Response[bytes]:
    """What one has to see to, and how far it is."""
    async with context.db.read() as tx:
        found = await assignments.read_assigned(tx, context.actor)
    return context.renderer.page(context.request, context.actor, "forum/topics/assigned.html", topics=found)


async def _show(context: PageContext, topic_id: TopicId, form: Form, status: int = 200) -> Response[bytes]:
    async with context.db.read() as tx:
        topic = await topics.show_topic(tx, context.actor, topic_id, context.db.epoch)
        timers = await timer_jobs.read_timers(tx, context.actor, topic_id)
    return context.renderer.page(
        context.request,
        context.actor,
        "forum/topics/topic_status.html",
        status,
        topic=topic,
        address=address_of(topic),
        timers=timers.items,
        form=form,
    )


async def _close(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    closing = to_shape(NewClosing, {"reason": text_in(typed, "reason")})
    await status.close_topic(tx, actor, topic_id, closing.reason)


async def _open(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await status.unlock_topic(tx, actor, topic_id)


async def _archive(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await status.archive_topic(tx, actor, topic_id)


async def _pin(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    await status.pin_topic(tx, actor, topic_id, _until(typed, "until"))


async def _unpin(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await status.unpin_topic(tx, actor, topic_id)


async def _slow(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    seconds = (number_in(text_in(typed, "minutes")) or 0) * 60
    new = to_shape(NewSlowMode, {"seconds": seconds, "until": _until(typed, "slow_until")})
    await status.slow_topic(tx, actor, topic_id, new.seconds, new.until)


async def _hasten(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await status.slow_topic(tx, actor, topic_id, 0, None)


async def _time(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    new = to_shape(
        NewTimer, {"at": moment_of(text_in(typed, "at"), "at", _UTC), "note": text_in(typed, "note")}
    )
    await timer_jobs.set_timer(tx, actor, topic_id, _timer(typed, "timer"), new)


async def _untime(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    await timer_jobs.unset_timer(tx, actor, topic_id, _timer(typed, "gone"))


async def _assign(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    facts = {
        "member": text_in(typed, "member").strip().lstrip("@"),
        "status": text_in(typed, "status") or "open",
    }
    await assignments.assign_topic(tx, actor, topic_id, to_shape(NewAssignment, facts))


async def _unassign(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await assignments.unassign_topic(tx, actor, topic_id)


async def _turn_into(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    change = to_shape(TopicChange, {"kind": text_in(typed, "kind")})
    await change_topic(tx, actor, topic_id, change, None)


def _until(typed: Typed, name: str) -> datetime | None:
    text = text_in(typed, name)
    return moment_of(text, name, _UTC) if text else None


def _timer(typed: Typed, name: str) -> TimerKind:
    for known in _TIMERS:
        if text_in(typed, name) == known:
            return known
    raise BadButton


_DEEDS: dict[str, Deed] = {
    "close": _close,
    "open": _open,
    "archive": _archive,
    "pin": _pin,
    "unpin": _unpin,
    "slow": _slow,
    "hasten": _hasten,
    "time": _time,
    "untime": _untime,
    "assign": _assign,
    "unassign": _unassign,
    "turn": _turn_into,
}

routes = [show_tending, tend, show_assigned]
