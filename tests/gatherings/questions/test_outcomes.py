"""Outcomes: what was asked and what became of it, published once the room is closed, without hidden or anonymous facts."""

from datetime import datetime

from tests.support.rooms.open_room import OpenRoom
from tests.support.rooms.questions import moved, set_room_columns


async def test_the_log_of_choices_is_published_after_the_end_and_leaks_nothing(open_room: OpenRoom) -> None:
    named, unnamed, other = await open_room.member(), await open_room.member(), await open_room.member()
    await set_room_columns(open_room, "is_premoderated = true")
    taken = await moved(open_room, await open_room.ask(named, "Taken?"), "live")
    refused = await open_room.ask(unnamed, "Rude name", anonymous=True)
    waits, oops = await open_room.ask(named, "Still waits"), await open_room.ask(named, "Oops")
    await moved(open_room, refused, "dismissed", reason="Names people")
    await open_room.change_state(named, oops, "withdrawn")
    taken = await moved(open_room, await moved(open_room, taken, "shortlisted"), "on_stage")
    taken = await moved(open_room, taken, "answered")
    gone = await moved(open_room, await open_room.ask(unnamed, "Gone", anonymous=True), "live")
    await open_room.change_state(unnamed, gone, "withdrawn")
    path = f"/rooms/{open_room.room}/choices"

    for who in (open_room.visitor, other, named):
        assert (await who.get(path)).json()["code"] == "choices_not_published"
    for_host = (await open_room.host.get(path)).json()["items"]
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    assert (await other.get(path)).status_code == 403
    await set_room_columns(open_room, "publishes_choices = true")
    told = (await open_room.visitor.get(path)).json()["items"]

    assert {one["question"] for one in for_host} == {one["id"] for one in (taken, refused, waits, oops, gone)}
    assert [one["state"] for one in for_host if one["question"] == taken["id"]] == [
        "pending", "live", "shortlisted", "on_stage", "answered",
    ]  # fmt: skip
    assert {one["question"] for one in told} == {taken["id"], refused["id"], gone["id"]}
    # As moments, because texts of whole seconds ("…:00Z", of anonymous questions) sort behind those with fractions.
    moments = [datetime.fromisoformat(one["at"]) for one in told]
    assert moments == sorted(moments)
    text = str(told)
    assert "Names people" in text
    assert "Taken?" in text
    for secret in ("Rude name", "Still waits", "Oops", "Gone", "'by'"):
        assert secret not in text
    why_not = [one for one in told if one["question"] == refused["id"]]
    assert [(one["what"], one["state"], one.get("reason")) for one in why_not] == [
        ("asked", "pending", None),
        ("moved", "dismissed", "Names people"),
    ]
    assert str(unnamed.id) not in [
        str(one.get("author", {}) and one["author"]["id"]) for one in told if "author" in one
    ]
    for_host_by = {one["by"]["id"] for one in for_host if one.get("by")}
    assert for_host_by == {open_room.host.id}


async def test_the_log_of_choices_has_pages(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    for number in range(103):
        await open_room.ask(asker, f"{number}?", anonymous=number % 2 == 0)
    path = f"/rooms/{open_room.room}/choices"

    first = (await open_room.host.get(path)).json()
    second = (await open_room.host.get(path, after=first["next"])).json()

    found = [one["question"] for one in first["items"] + second["items"]]
    assert (len(found), len(set(found)), second["next"]) == (103, 103, None)
