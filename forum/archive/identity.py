"""Identity of messages: which of them the sector has already, and which only have the id of another one."""

from collections.abc import Mapping

from asyncpg import Record
from msgspec.structs import replace

from forum.archive.archives import CONFLICTS, Archive
from forum.mails.mails import make_distinct_id


def possible_ids(archive: Archive) -> set[str]:
    """Return all ids by which a message of the archive, or one that it replies to, can have been imported before."""
    ids = {id for message in archive.messages for id in (message.id, *message.parents)}
    for i, message in enumerate(archive.messages):
        ids |= {archive.own_ids[i]} if i in archive.own_ids else {make_distinct_id(message)}
    return ids


def identify(archive: Archive, rows: Mapping[str, Record]) -> None:
    """Give each message of the archive the id under which it was or will be imported; `rows` are the earlier imports by id.

    A message is there already if its id and one of its fingerprints are. If only its id is, the two are in conflict, and
    both are kept. A row without fingerprints is from an earlier version and counts as the same.
    """
    taken = {archive.messages[i].id for i in archive.own_ids} & rows.keys()
    earlier = len(archive.remarks)
    new_ids: dict[str, str] = {}
    for i, message in enumerate(archive.messages):
        own_id = archive.own_ids.get(i, message.id)
        row = rows.get(own_id)
        if row is None or message.id in taken:
            continue
        is_same = not set(row["fingerprints"]).isdisjoint(message.fingerprints)
        if own_id not in taken and (is_same or (not row["fingerprints"] and i not in archive.own_ids)):
            taken.add(own_id)
            new_ids[message.id] = own_id
            archive.messages[i] = replace(message, id=own_id)
        elif i not in archive.own_ids:
            archive.own_ids[i] = own_id
            new_ids[message.id] = distinct = make_distinct_id(message)
            archive.messages[i] = replace(message, id=distinct)
            archive.remark(i, CONFLICTS[0], own_id)
    for at, remark in enumerate(archive.remarks[:earlier]):
        if remark.id in new_ids:
            archive.remarks[at] = replace(remark, id=new_ids[remark.id])
