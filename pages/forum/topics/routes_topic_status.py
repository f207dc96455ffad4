"""The page on which moderators manage the status of a topic, and the page of topics assigned to the viewer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.actor import Actor
from core.errors import every_refusal
from core.http import PathId
from core.ids import TopicId
from forum.shapes import TopicChange
from forum.topics import assignments, status, timer_jobs, topics
from forum.topics.settings import change_topic
from forum.topics.shapes import NewAssignment, NewClosing, NewSlowMode, NewTimer, TimerKind
from pages.forum.topic_view import address_of
from pages.shell.context import PageContext
from pages.shell.datetime_fields import moment_of, zone_of
from pages.shell.forms import BadButton, Form, Typed, form_of, number_in, submit, text_in, to_shape
from pages.shell.renderer import redirect
from storage.database import Transaction

StatusAction = Callable[[Transaction, Actor, TopicId, Typed], Awaitable[None]]
_UTC = zone_of("UTC")
_TIMERS: tuple[TimerKind, ...] = ("open", "close", "remind", "archive")


@get("/tend/{topic_id:int}", include_in_schema=False)
async def show_status_form(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the forms for the status of a topic: closing, pinning, slow mode, timers and assignment."""
    return await _page(context, TopicId(topic_id), Form())


@post("/tend/{topic_id:int}", include_in_schema=False)
async def change_status(topic_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change one part of a topic's status, chosen by the button."""
    form = await form_of(context)
    action = STATUS_ACTIONS.get(form.value("deed"))
    if action is None:
        context.actor.signed_in()
        raise BadButton

    async def change(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            await action(tx, context.actor, TopicId(topic_id), form.typed)
        return redirect("/assigned" if text_in(form.typed, "back") == "assigned" else f"/t/{topic_id}")

    page = partial(_page, context, TopicId(topic_id))
    return await submit(form, change, page, let_through=(401, 403, 404))


@get("/assigned", include_in_schema=False)
async def show_assigned(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the topics that are assigned to the viewer."""
    async with context.db.read() as tx:
        found = await assignments.read_assigned(tx, context.actor)
    return context.renderer.page(context.request, context.actor, "forum/topics/assigned.html", topics=found)


async def _page(context: PageContext, topic_id: TopicId, form: Form, status: int = 200) -> Response[bytes]:
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
    await status.pin_topic(tx, actor, topic_id, _time_in(typed, "until"))


async def _unpin(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await status.unpin_topic(tx, actor, topic_id)


async def _start_slow_mode(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    seconds = (number_in(text_in(typed, "minutes")) or 0) * 60
    new = to_shape(NewSlowMode, {"seconds": seconds, "until": _time_in(typed, "slow_until")})
    await status.slow_topic(tx, actor, topic_id, new.seconds, new.until)


async def _end_slow_mode(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await status.slow_topic(tx, actor, topic_id, 0, None)


async def _set_timer(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    facts: dict[str, object] = {"note": text_in(typed, "note")}
    with every_refusal() as each:
        with each.check():
            facts["at"] = moment_of(typed, "at", _UTC)
        new = to_shape(NewTimer, facts)
    await timer_jobs.set_timer(tx, actor, topic_id, _timer_kind_in(typed, "timer"), new)


async def _delete_timer(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    await timer_jobs.unset_timer(tx, actor, topic_id, _timer_kind_in(typed, "gone"))


async def _assign(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    facts = {
        "member": text_in(typed, "member").strip().lstrip("@"),
        "status": text_in(typed, "status") or "open",
    }
    await assignments.assign_topic(tx, actor, topic_id, to_shape(NewAssignment, facts))


async def _unassign(tx: Transaction, actor: Actor, topic_id: TopicId, _: Typed) -> None:
    await assignments.unassign_topic(tx, actor, topic_id)


async def _change_kind(tx: Transaction, actor: Actor, topic_id: TopicId, typed: Typed) -> None:
    change = to_shape(TopicChange, {"kind": text_in(typed, "kind")})
    await change_topic(tx, actor, topic_id, change, None)


def _time_in(typed: Typed, name: str) -> datetime | None:
    return moment_of(typed, name, _UTC) if text_in(typed, name) else None


def _timer_kind_in(typed: Typed, name: str) -> TimerKind:
    for known in _TIMERS:
        if text_in(typed, name) == known:
            return known
    raise BadButton


# The actions of the buttons, by the value of the field `deed`.
STATUS_ACTIONS: dict[str, StatusAction] = {
    "close": _close,
    "open": _open,
    "archive": _archive,
    "pin": _pin,
    "unpin": _unpin,
    "slow": _start_slow_mode,
    "hasten": _end_slow_mode,
    "time": _set_timer,
    "untime": _delete_timer,
    "assign": _assign,
    "unassign": _unassign,
    "turn": _change_kind,
}

routes = [show_status_form, change_status, show_assigned]
