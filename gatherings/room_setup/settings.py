"""The settings of rooms: changing their title, modules and rules."""

from collections.abc import Collection
from typing import Any

from msgspec import UNSET
from sqlalchemy import bindparam, update

from core import clock
from core.actor import Actor
from core.errors import Invalid, Stale
from core.ids import GatheringId, RoomId, SectorId, TopicId
from core.languages.texts import translatable
from core.text import tidy
from core.translations import titles_of
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

_RULE_COLUMNS = {
    "writers": "writers",
    "is_premoderated": "premoderated",
    "allows_anonymous": "anonymous",
    "slow_seconds": "slow_seconds",
    "question_length": "question_length",
    "publishes_choices": "publishes_choices",
}
UPDATE_ROOM_SETTINGS = statement(
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values({name: bindparam(f"new_{name}") for name in ("title", "modules", *_RULE_COLUMNS)})
    .values(version=rooms.c.version + bindparam("step"))
)


class UnknownBody(Invalid):
    """A committee is missing or unknown, or it is given although entry is not limited to a committee."""

    message = translatable("Choose the committee whose members can enter.")


async def change_room(
    tx: Transaction,
    actor: Actor,
    room_id: RoomId,
    change: RoomChange,
    version: int | None,
    committees: Collection[str],
) -> Room:
    """Change a room's titles, modules or rules, and return the room.

    Raises NotFound, NotHost, Stale if the version is given and not the current one, TitleTooShort or UnknownBody.
    """
    row = await lock_room(tx, actor, room_id)
    ensure_hosts(actor, row["gathering_id"], clock.now())
    old = room_of(row)
    if version is not None and version != old.version:
        raise Stale(old)
    title = old.title if change.title is UNSET else tidy(change.title)
    if len(title) < 3:
        raise TitleTooShort(field="title")
    modules = old.modules if change.modules is UNSET else sorted(set(change.modules))
    rules = merge_rules(old.rules, change.rules, committees)
    titles = titles_of(old.translations if change.translations is UNSET else change.translations)
    old_titles = titles_of(old.translations)
    if (title, titles, modules, rules) == (old.title, old_titles, old.modules, old.rules):
        return old

    binds = {"new_title": title, "new_modules": modules, **_rule_binds(rules)}
    await tx.run(UPDATE_ROOM_SETTINGS, room=room_id, step=1, **binds)
    if "board" in modules:
        await insert_default_columns(tx, room_id)
    if (title, titles) != (old.title, old_titles):
        await rename_topic(tx, TopicId(old.topic), SectorId(row["sector_id"]), title, titles)
    if _readers_of(rules) != _readers_of(old.rules):
        await set_readers(tx, TopicId(old.topic), SectorId(row["sector_id"]), *_readers_of(rules))
        await tx.record(EntryChanged(room_id=room_id))
    await tx.record(RoomChanged(gathering_id=old.gathering, room_id=room_id, told="gathering"))
    await tx.record(RoomChanged(gathering_id=old.gathering, room_id=room_id, told="room"))
    return await show_room(tx, actor, room_id)


async def insert_room_rules(
    tx: Transaction, actor: Actor, room_id: RoomId, given: NewRules, committees: Collection[str]
) -> None:
    """Store the rules of a room that was planned in this transaction; no event is recorded. Raises UnknownBody."""
    row = await lock_room(tx, actor, room_id)
    rules = merge_rules(RoomRules(anonymous=True), given, committees)
    binds = {f"new_{name}": row[name] for name in ("title", "modules")}
    await tx.run(UPDATE_ROOM_SETTINGS, room=room_id, step=0, **binds, **_rule_binds(rules))
    topic_id, gathering_id = TopicId(row["topic_id"]), GatheringId(row["gathering_id"])
    await assign_to_gathering(tx, topic_id, gathering_id, *_readers_of(rules))


def merge_rules(old: RoomRules, given: NewRules, committees: Collection[str]) -> RoomRules:
    """Return the old rules with the given ones replaced; raise UnknownBody.

    A committee is set exactly if entry is limited to one. A committee that no longer exists can stay.
    """
    values: dict[str, Any] = {
        name: getattr(old if getattr(given, name) is UNSET else given, name)
        for name in RoomRules.__struct_fields__
    }
    if values["entry"] != "body" and given.body is UNSET:
        values["body"] = None
    if (values["entry"] == "body") != (values["body"] is not None):
        raise UnknownBody(field="body")
    is_known = values["body"] is None or values["body"] in committees or values["body"] == old.body
    if not is_known:
        raise UnknownBody(field="body")
    return RoomRules(**values)


def _readers_of(rules: RoomRules) -> tuple[Readers, str | None]:
    if rules.entry == "everyone" or rules.entry == "members":
        return rules.entry, None
    return "listed", rules.body


def _rule_binds(rules: RoomRules) -> dict[str, Any]:
    return {f"new_{column}": getattr(rules, name) for column, name in _RULE_COLUMNS.items()}
