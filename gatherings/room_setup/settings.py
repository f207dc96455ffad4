"""Rules of rooms: what a host sets, checked, stored and told."""

from collections.abc import Collection
from typing import Any

from msgspec import UNSET
from sqlalchemy import bindparam, update

from core import clock
from core.actor import Actor
from core.errors import Invalid, Stale
from core.ids import GatheringId, RoomId, SectorId, TopicId
from core.text import tidy
from forum.topics.access import Readers, assign_to_gathering, set_readers
from forum.topics.settings import rename_topic
from forum.topics.topics import TitleTooShort
from gatherings.events import EntryChanged, RoomChanged
from gatherings.notices.default_columns import insert_default_columns
from gatherings.policy import ensure_hosts
from gatherings.rooms.rooms import lock_room, room_of, show_room
from gatherings.shapes.rooms import NewRules, Room, RoomChange, RoomRules
from gatherings.tables import rooms
from storage.database import Transaction
from storage.statements import statement

_COLUMNS = {
    "writers": "writers",
    "is_premoderated": "premoderated",
    "allows_anonymous": "anonymous",
    "slow_seconds": "slow_seconds",
    "question_length": "question_length",
    "publishes_choices": "publishes_choices",
}
_CHANGE = statement(
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values({name: bindparam(f"new_{name}") for name in ("title", "modules", *_COLUMNS)})
    .values(version=rooms.c.version + bindparam("step"))
)


class UnknownBody(Invalid):
    """A room is for the members of a body that the community has, and of none unless it says so."""

    message = "Say whose members come in: one of the community's bodies."


async def change_room(
    tx: Transaction,
    actor: Actor,
    room_id: RoomId,
    change: RoomChange,
    version: int | None,
    bodies: Collection[str],
) -> Room:
    """Change a room's title, what is on in it, or its rules; `version`, if given, must be the current one."""
    row = await lock_room(tx, actor, room_id)
    ensure_hosts(actor, row["gathering_id"], clock.now())
    old = room_of(row)
    if version is not None and version != old.version:
        raise Stale(old)
    title = old.title if change.title is UNSET else tidy(change.title)
    if len(title) < 3:
        raise TitleTooShort(field="title")
    modules = old.modules if change.modules is UNSET else sorted(set(change.modules))
    rules = merge_rules(old.rules, change.rules, bodies)
    if (title, modules, rules) == (old.title, old.modules, old.rules):
        return old

    binds = {"new_title": title, "new_modules": modules, **_values(rules)}
    await tx.run(_CHANGE, room=room_id, step=1, **binds)
    if "board" in modules:
        await insert_default_columns(tx, room_id)
    if title != old.title:
        await rename_topic(tx, TopicId(old.topic), SectorId(row["sector_id"]), title)
    if _readers_of(rules) != _readers_of(old.rules):
        await set_readers(tx, TopicId(old.topic), SectorId(row["sector_id"]), *_readers_of(rules))
        await tx.record(EntryChanged(room_id=room_id))
    await tx.record(RoomChanged(gathering_id=old.gathering, room_id=room_id, told="gathering"))
    await tx.record(RoomChanged(gathering_id=old.gathering, room_id=room_id, told="room"))
    return await show_room(tx, actor, room_id)


async def insert_room_rules(
    tx: Transaction, actor: Actor, room_id: RoomId, given: NewRules, bodies: Collection[str]
) -> None:
    """Give a room that was just planned, and that nobody has heard of yet, the rules it begins with."""
    row = await lock_room(tx, actor, room_id)
    rules = merge_rules(RoomRules(anonymous=True), given, bodies)
    binds = {f"new_{name}": row[name] for name in ("title", "modules")}
    await tx.run(_CHANGE, room=room_id, step=0, **binds, **_values(rules))
    home = TopicId(row["topic_id"]), GatheringId(row["gathering_id"])
    await assign_to_gathering(tx, *home, *_readers_of(rules))


def merge_rules(old: RoomRules, given: NewRules, bodies: Collection[str]) -> RoomRules:
    """The rules with what is given in the place of what was; who comes in names a body exactly if it is for one."""
    values: dict[str, Any] = {
        name: getattr(old if getattr(given, name) is UNSET else given, name)
        for name in RoomRules.__struct_fields__
    }
    if values["entry"] != "body" and given.body is UNSET:
        values["body"] = None
    if (values["entry"] == "body") != (values["body"] is not None):
        raise UnknownBody(field="body")
    is_known = values["body"] is None or values["body"] in bodies or values["body"] == old.body
    if not is_known:
        raise UnknownBody(field="body")
    return RoomRules(**values)


def _readers_of(rules: RoomRules) -> tuple[Readers, str | None]:
    if rules.entry == "everyone" or rules.entry == "members":
        return rules.entry, None
    return "listed", rules.body


def _values(rules: RoomRules) -> dict[str, Any]:
    return {f"new_{column}": getattr(rules, name) for column, name in _COLUMNS.items()}
