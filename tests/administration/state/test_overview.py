"""The overview: steps are done when things are there, and the state is what the doctor says."""

from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql


async def steps(root: Person) -> dict[str, bool]:
    overview = (await root.get("/overview")).json()
    return {step["name"]: step["is_done"] for step in overview["steps"]}


async def test_steps_are_done_when_things_are_there(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    sql = raw_sql(app.db)
    await sql.execute("DELETE FROM duties WHERE member_id <> $1", root.id)
    before = await steps(root)
    assert not before["moderator"] and not before["administrators"] and not before["mail"]
    await a_person(app, "Mod", duties=[("moderator", "mobility")])
    await a_person(app, "Ada", duties=[("administrator", None)])
    after = await steps(root)
    assert after["moderator"] and after["administrators"] and not after["mail"]


async def test_what_waits_too_long_and_what_was_given_up_is_shown(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    sql = raw_sql(app.db)
    await app.run_jobs()
    good = (await root.get("/overview")).json()["service"]
    assert (good["states"]["jobs"], good["states"]["disk"] in ("ok", "warning", "wrong")) == ("ok", True)
    assert good["states"]["mail"] == "warning", "there is no mail server"
    await sql.execute(
        "INSERT INTO switches (name, note, set_at) VALUES ('mail_held', '', now()) ON CONFLICT DO NOTHING"
    )
    held = (await root.get("/overview")).json()["service"]
    assert held["mail_held_since"] and held["states"]["mail"] == "warning"
    await sql.execute("DELETE FROM switches")
    assert (await (await a_person(app)).get("/overview")).json()["code"] == "administrators_only"
