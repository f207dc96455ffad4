"""Noticeboards with plain forms: posting, replying, thanking, moving, pinning, and columns."""

import re

from tests.support.pages import key_in, open_page, send, text_in
from tests.support.people import a_person
from tests.support.rooms.page_rooms import a_board
from tests.support.service import Service


def shown(page: str) -> str:
    """Return the page without the template that its script uses."""
    return page.partition("<template")[0]


async def test_noticeboards_work_without_scripts(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas, fatou = await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room, columns = await a_board(host)
    path = f"/r/{room}/board"
    empty = await open_page(jonas, path)
    assert empty.count("No notices yet") == 4 and "Post the first one" in empty
    given = {"title": "Need: a smelter", "body": "Who **knows** one?", "column": columns[1], "stays": "7"}
    key = key_in(empty)
    for _ in range(2):
        posted = await send(jonas, f"/r/{room}/notices", **given, key=key)
        assert (
            posted.status_code == 303
            and posted.headers["location"] == f"{path}?column={columns[1]}&done=posted"
        )
    page = shown(await open_page(fatou, path))
    assert page.count("Need: a smelter") == 2, "its heading, and the name of its menu"
    assert "<strong>knows</strong>" in page and "until <time" in page
    notice = int(re.findall(r'id="n(\d+)"', page)[0])

    for _ in range(2):
        thanked = await send(fatou, f"{path}/act", act=f"thanks {notice} 1", column=columns[1])
        assert thanked.headers["location"] == f"{path}?column={columns[1]}#n{notice}"
    assert "Thanks <i>1</i>" in await open_page(jonas, path)
    replied = await send(fatou, f"{path}/{notice}/reply", body="I do.", key="k")
    assert replied.headers["location"].startswith(f"{path}/{notice}#p")
    alone = await open_page(jonas, f"{path}/{notice}")
    assert "I do." in alone and "1 reply" in alone
    assert "1 reply" in await open_page(jonas, path)

    assert (await send(fatou, f"{path}/act", act=f"move {notice} {columns[0]}")).status_code == 403
    assert (await send(jonas, f"{path}/act", act=f"pin {notice} 1")).status_code == 403
    assert (await send(jonas, f"{path}/act", act=f"move {notice} {columns[0]}")).status_code == 303
    assert (await send(host, f"{path}/act", act=f"pin {notice} 1")).status_code == 303
    assert "note published pinned" in await open_page(fatou, f"{path}?column={columns[0]}")
    assert (await send(host, f"{path}/act", act=f"end {notice} 1")).status_code == 303
    assert "Need: a smelter" not in await open_page(fatou, path)
    assert "Expired. Others cannot see it." in await open_page(jonas, path)
    assert (await send(jonas, f"{path}/act", act=f"end {notice} 0")).status_code == 303
    assert "Need: a smelter" in await open_page(fatou, path)
    assert (await send(jonas, f"{path}/act", act=f"withdraw {notice} 1")).status_code == 303
    assert "Need: a smelter" not in await open_page(host, path)
    for nonsense in ("", "thanks", "thanks x 1", f"burn {notice} 1", f"move {notice} x"):
        assert (await send(jonas, f"{path}/act", act=nonsense)).status_code == 422, nonsense


async def test_a_refused_notice_keeps_its_text(app: Service) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room, columns = await a_board(host)
    refused = await send(jonas, f"/r/{room}/notices", title="ab", body="Kept.", column=columns[0], stays="")
    assert refused.status_code == 422 and "too short" in refused.text and text_in(refused.text) == "Kept."
    refused = await send(jonas, f"/r/{room}/notices", title="A lab", body="Kept.", column="999999", stays="")
    assert refused.status_code == 422 and "not on this noticeboard any more" in refused.text
    assert (await send(jonas, f"/r/{room}/notices", title="A lab", body="x", stays="999")).status_code == 422


async def test_a_notice_is_edited_by_its_author(app: Service) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room, columns = await a_board(host)
    given = {"column": columns[0], "title": "A lab", "body": "Free."}
    notice = (await jonas.post(f"/rooms/{room}/notices", given)).json()["id"]
    path = f"/r/{room}/board/{notice}"
    form = await open_page(jonas, f"{path}/edit")
    assert 'value="A lab"' in form and text_in(form) == "Free."
    assert (await send(host, f"{path}/edit", title="Other", body="Other")).status_code == 403
    assert (
        await send(jonas, f"{path}/edit", title="A lab", body="Half price.", version=1)
    ).status_code == 303
    stale = await send(jonas, f"{path}/edit", title="A lab", body="Full price.", version=1)
    assert stale.status_code == 412 and text_in(stale.text) == "Full price."
    assert "Half price." in await open_page(host, path)
    other, _ = await a_board(host)
    assert (
        await jonas.client.get(f"/r/{other}/board/{notice}", headers={"Accept": "text/html"})
    ).status_code == 404


async def test_hosts_arrange_columns_by_forms(app: Service) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room, columns = await a_board(host)
    path = f"/r/{room}/board/columns"
    assert (await jonas.client.get(path, headers={"Accept": "text/html"})).status_code == 403
    assert (await send(jonas, path, act="add", title="Jobs")).status_code == 403
    for act, title in (
        ("add", "Jobs"),
        (f"name {columns[0]} 1", "Gifts"),
        (f"place {columns[0]} 2", ""),
        (f"remove {columns[3]}", ""),
    ):
        assert (await send(host, path, act=act, title=title)).status_code == 303, act
    found = [one["title"] for one in (await host.get(f"/rooms/{room}/columns")).json()["items"]]
    assert found == ["Needs", "Gifts", "Announcements", "Jobs"]
    assert "Gifts" in await open_page(host, path)
    for nonsense in ("", "burn 1", f"name {columns[0]} 1"):
        assert (await send(host, path, act=nonsense, title="")).status_code in (412, 422), nonsense


async def test_notices_are_found_and_shown_on_the_projector(app: Service) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room, columns = await a_board(host)
    for title in ("Café ouvert", "A lab"):
        await jonas.post(f"/rooms/{room}/notices", {"column": columns[0], "title": title, "body": "Come."})
    await app.run_jobs()
    found = shown(await open_page(jonas, f"/r/{room}/board?q=cafe"))
    assert "Café ouvert" in found and "A lab" not in found and "1 result for" in found
    assert "No results for" in await open_page(jonas, f"/r/{room}/board?q=%3Cscript%3E")
    wall = await open_page(jonas, f"/r/{room}/wall")
    assert "Café ouvert" in wall and "<button" not in wall and "<form" not in wall
