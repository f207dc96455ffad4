"""Indirect copies of a hidden post: it was linked, quoted, notified, indexed, put in feeds, exported and drafted about.

After the decision its text appears nowhere for people who must not read it, and everywhere again after the reversal.
"""

import base64
from collections.abc import Mapping

import httpx2

from tests.support.discussion import quoting
from tests.support.moderation.cases import flag_and_hide
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

WORD = "thylacine"


class HiddenPost:
    """A post with a rare word, and every address at which the word can appear."""

    def __init__(self, app: Service, people: Mapping[str, Person], addresses: list[str]) -> None:
        self.app, self.people, self.addresses = app, people, addresses

    async def open_to(self, who: str) -> set[str]:
        """Return the addresses at which a person finds the word."""
        person = self.people.get(who)
        async with self.app.client(person.token if person else None) as client:
            found = set()
            for address in self.addresses:
                answer = await client.get(address, follow_redirects=True)
                assert answer.status_code < 500, address
                if (
                    WORD
                    in answer.text.replace(f"q={WORD}", "")
                    .replace(f"Search: {WORD}", "")
                    .replace(f'value="{WORD}"', "")
                    .replace(f"{WORD} · Search", "")
                    .lower()
                ):
                    found.add(address)
        return found


async def test_hidden_text_has_no_other_copy(app: Service, client: httpx2.AsyncClient) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_person(app, "Fatou")
    admin, judge = [await a_person(app, name, duties=[("administrator", None)]) for name in ("Ada", "Judith")]
    topic = (await a_topic(amina, "Extinct", "Talk.", tags=["tin"]))["id"]
    other = (await a_topic(fatou, "Elsewhere", "More talk."))["id"]
    await raw_sql(app.db).execute("UPDATE members SET trust_given = 3 WHERE id = $1", amina.id)
    kept = await amina.post("/files", {"name": "a.txt", "content": base64.b64encode(WORD.encode()).decode()})
    file = kept.json()["address"]
    post = await a_reply(amina, topic, f"@{jonas.handle} a {WORD} lives, see [paper]({file}).")
    quoted = await a_reply(jonas, other, quoting(post, f"a {WORD} lives", f"Look at /p/{post['id']} first."))
    key = f"topic:{topic}"
    drafted = await fatou.put(
        f"/drafts/{key}", {"body": quoting(post, f"a {WORD} lives"), "sequence": 0, "owner": "one"}
    )
    assert drafted.status_code == 200, drafted.text
    await app.run_jobs()
    hidden_post = HiddenPost(
        app,
        {"amina": amina, "jonas": jonas, "fatou": fatou, "admin": admin},
        [
            f"/t/{topic}", f"/t/{topic}/extinct/2", f"/t/{other}", f"/p/{post['id']}", f"/p/{quoted['id']}",
            f"/p/{post['id']}/history", f"/p/{post['id']}/citations", f"/p/{post['id']}/reply?quote=1",
            "/", "/s/mobility", "/inbox", "/drafts", f"/search?q={WORD}", "/search?q=in:mobility", file,
            f"/cite/posts/{post['id']}", f"/m/{amina.handle}",
            f"/feeds/topics/{topic}.atom", f"/feeds/topics/{other}.atom", "/feeds/sectors/mobility.atom",
            "/feeds/tags/tin.atom", f"/feeds/search.atom?q={WORD}",
            *(f"/api/v1{path}" for path in (
                f"/topics/{topic}", f"/topics/{topic}/posts", f"/topics/{other}/posts", f"/posts/{post['id']}",
                f"/posts/{quoted['id']}", f"/posts/{post['id']}/revisions", f"/posts/{post['id']}/citations",
                f"/posts/{post['id']}/cite", "/inbox", "/drafts", f"/drafts/{key}", f"/search?q={WORD}",
                f"/topics/{topic}/export.md", f"/topics/{topic}/export.json", f"/topics/{other}/export.md",
                f"/topics/{other}/export.json", "/sectors/mobility/topics",
            )),
        ],
    )  # fmt: skip
    before = {who: await hidden_post.open_to(who) for who in ("visitor", "jonas", "fatou", "admin")}
    for who, least in (("visitor", 20), ("jonas", 22), ("fatou", 22)):
        assert len(before[who]) >= least, sorted(set(hidden_post.addresses) - before[who])
    assert {"/inbox", "/api/v1/inbox"} <= before["jonas"], "who is named is told how it begins"
    assert f"/api/v1/drafts/{key}" in before["fatou"]

    async with app.listening(f"topic:{topic}", jonas.token, after=0) as feed:
        assert WORD in str(feed.joined)
    await flag_and_hide(app, admin, post["id"])
    # Only cached pages of quoting topics wait for the worker to invalidate them.
    kept_for_visitors = {f"/t/{other}", f"/p/{quoted['id']}", f"/api/v1/topics/{other}/posts"}
    left = {who: await hidden_post.open_to(who) - kept_for_visitors for who in ("visitor", "jonas", "fatou")}
    assert not any(left.values()), left
    await app.run_jobs()
    left = {who: await hidden_post.open_to(who) for who in ("visitor", "jonas", "fatou")}
    assert not any(left.values()), left
    async with app.listening(f"topic:{topic}", jonas.token, after=0) as feed:
        assert WORD not in str(feed.joined)
    assert f"/api/v1/posts/{post['id']}" in await hidden_post.open_to("admin"), (
        "moderators see what they judged"
    )

    decision = await raw_sql(app.db).fetchval("SELECT max(id) FROM decisions")
    back = await judge.put(f"/decisions/{decision}/reversal", {"facts": "It is true."})
    assert back.status_code == 200, back.text
    await app.run_jobs()
    for who, places in before.items():
        assert await hidden_post.open_to(who) >= places, f"{who} has it back everywhere"
