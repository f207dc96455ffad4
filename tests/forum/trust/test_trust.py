"""Tests of trust levels: computed, kept for a while, set by administrators; and of the counts of thanks."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from core.actor import Actor
from core.ids import MemberId, SectorId
from forum.trust.trust import update_next_trust_level
from members.profiles.trust import (
    LevelPermissions,
    LevelRequirements,
    MemberActivity,
    TrustLevel,
    TrustRules,
    TrustStanding,
    compute_standing,
    permissions_of,
)
from storage.database import Database
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULES = TrustRules(
    (
        TrustLevel(name="New", rights=LevelPermissions(links=2)),
        TrustLevel(name="Member", needs=LevelRequirements(posts=1), rights=LevelPermissions(links=5)),
        TrustLevel(name="Regular", needs=LevelRequirements(posts=3, thanks_received=1, most_hidden=0)),
        TrustLevel(name="Elder", rights=LevelPermissions(links=99)),
    ),
    timedelta(days=14),
)


def deeds(**facts: int) -> MemberActivity:
    given = {"days": 0, "posts": 0, "topics": 0, "thanks_given": 0, "thanks_received": 0, "hidden": 0}
    return MemberActivity(**(given | facts))


@pytest.mark.parametrize(
    ("done", "level"),
    [
        (deeds(), 0),
        (deeds(posts=1), 1),
        (deeds(posts=3), 1),
        (deeds(posts=3, thanks_received=1), 2),
        (deeds(posts=900, thanks_received=900), 2),
        (deeds(posts=3, thanks_received=1, hidden=1), 1),
        (deeds(thanks_received=5), 0),
    ],
)
def test_a_level_is_earned_by_all_that_it_and_those_below_take(done: MemberActivity, level: int) -> None:
    assert compute_standing(RULES, done, TrustStanding(0), NOON) == TrustStanding(level)


def test_a_level_is_not_lost_at_once() -> None:
    lost = compute_standing(RULES, deeds(posts=1), TrustStanding(2), NOON)
    assert lost == TrustStanding(2, NOON + timedelta(days=14))
    assert compute_standing(RULES, deeds(posts=1), lost, NOON + timedelta(days=13)) == lost
    assert compute_standing(
        RULES, deeds(posts=3, thanks_received=1), lost, NOON + timedelta(days=13)
    ) == TrustStanding(2)
    assert compute_standing(RULES, deeds(posts=1), lost, NOON + timedelta(days=14)) == TrustStanding(1)


def test_rights_are_those_of_the_level_and_all_with_a_duty() -> None:
    assert permissions_of(RULES, Actor(id=MemberId(1))).links == 2
    assert permissions_of(RULES, Actor(id=MemberId(1), trust=1)).links == 5
    assert permissions_of(RULES, Actor(id=MemberId(1), trust=9)).links == 99
    assert permissions_of(RULES, Actor(id=MemberId(1), moderates=frozenset({SectorId(1)}))).links == 99


async def test_the_worker_reckons_what_the_member_reads_is_missing(app: Service, db: Database) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    rules = app.contexts[0].trust
    await a_topic(amina)
    own = (await amina.get("/me/trust")).json()
    assert (own["trust"]["level"], own["next"]["name"]) == (0, "Member")
    assert own["next"]["missing"] == [{"what": "days", "wanted": 1, "have": 0}]
    assert (await amina.actor()).trust == 0

    later = clock.now() + timedelta(days=2)
    with clock.stop_at(later):
        assert (await amina.get("/me/trust")).json()["next"]["missing"] == []
        while await update_next_trust_level(rules, db):
            pass
        assert (await amina.actor()).trust == 1
        assert (await jonas.actor()).trust == 0
        assert (await amina.get("/me/trust")).json()["trust"]["name"] == "Member"
    heard = await raw_sql(db).fetchval("SELECT count(*) FROM log WHERE event->>'type' = 'trust_changed'")
    assert heard == 1

    # The one post is gone: the level is kept for a fortnight, and then it goes.
    await raw_sql(db).execute("UPDATE posts SET state = 'withdrawn'")
    for after, level in ((1, 1), (14, 1), (16, 0)):
        with clock.stop_at(later + timedelta(days=after)):
            while await update_next_trust_level(rules, db):
                pass
            assert (await amina.actor()).trust == level, after


async def test_administrators_give_a_level_and_take_it_off(app: Service, db: Database) -> None:
    amina = await a_person(app)
    root = await a_person(app, "Root", duties=[("administrator", None)])
    path = f"/members/{amina.handle}/trust"
    assert (await amina.put(path, {"level": 4})).status_code == 403
    assert (await root.put(path, {"level": 9})).json()["code"] == "no_such_level"
    assert (await root.put("/members/nobody-there/trust", {"level": 1})).status_code == 404
    assert (await root.put(path, {"level": 4})).status_code == 204
    shown = (await amina.get(path)).json()
    assert (shown["level"], shown["name"], shown["is_given"]) == (4, "Elder", True)
    with clock.stop_at(clock.now() + timedelta(days=2)):
        while await update_next_trust_level(app.contexts[0].trust, db):
            pass
        assert (await amina.actor()).trust == 4
    assert (await root.delete(path)).status_code == 204
    assert (await amina.actor()).trust == 0


async def test_thanks_are_counted_by_kind_and_sector_without_ones_own_and_without_what_is_not_for_all(
    app: Service, db: Database
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    elsewhere = (await a_topic(amina, sector="electronics"))["id"]
    secret = (await a_topic(amina, "Secret"))["id"]
    await raw_sql(db).execute("UPDATE topics SET readers = 'members' WHERE id = $1", secret)
    for where in (topic, elsewhere, secret):
        post = await a_reply(amina, where)
        for person, status in ((amina, 403), (jonas, 200)):
            for kind in ("kind", "competent", "agree"):
                answer = await person.put(f"/posts/{post['id']}/reactions/{kind}")
                assert answer.status_code == status, "nobody reacts to their own posts"

    received = (await jonas.get(f"/members/{amina.handle}/trust")).json()["thanks"]
    assert [(one["sector"], one["kind"], one["given"], one["received"]) for one in received] == [
        ("mobility", "kind", 0, 1),
        ("mobility", "competent", 0, 1),
        ("electronics", "kind", 0, 1),
        ("electronics", "competent", 0, 1),
    ]
    given = (await jonas.get(f"/members/{jonas.handle}/trust")).json()["thanks"]
    assert {(one["given"], one["received"]) for one in given} == {(1, 0)}
    assert (await jonas.get("/me/trust")).json()["trust"]["thanks"] == given
