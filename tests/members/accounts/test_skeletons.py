"""Tests of skeletons of handles that an earlier version of the rule stored."""

from members.accounts.skeletons import renew_skeletons
from members.handles import skeleton
from tests.support.people import a_person
from tests.support.service import Service, raw_sql


async def test_stored_skeletons_follow_the_rule_of_today_and_the_first_member_gets_them(app: Service) -> None:
    people = [await a_person(app, name) for name in ("Ada", "Ben", "Cleo")]
    # Two handles that look alike: a katakana letter and a Chinese character. The third is not affected.
    for person, handle in zip(people, ("カナ", "力ナ", "cleo"), strict=True):
        change = "UPDATE members SET handle = $2, skeleton = $2 WHERE id = $1"
        await raw_sql(app.db).execute(change, person.id, handle)
    assert skeleton("カナ") == skeleton("力ナ")

    async with app.db.begin() as tx:
        changed = await renew_skeletons(tx)
    async with app.db.begin() as tx:
        again = await renew_skeletons(tx)

    stored = await raw_sql(app.db).fetch("SELECT skeleton FROM members ORDER BY id")
    assert [row["skeleton"] for row in stored] == [skeleton("カナ"), "力ナ", "cleo"]
    assert (changed, again) == (1, 0)
