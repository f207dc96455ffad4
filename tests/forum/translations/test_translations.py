"""Machine translations of posts, made by a real HTTP server that speaks both protocols and misbehaves in every way."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from msgspec.structs import replace

from core import clock
from forum.translations.jobs import LEASE, LONGEST_PAUSE, delete_old_translations, translate_next_post
from forum.translations.translator import TextRefused, Translator, TranslatorAway
from storage.database import Database
from storage.embedded import postgres
from storage.quarantine import read_quarantine
from tests.support.languages.translator import FakeTranslator, a_translator
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, a_service, raw_sql

FRENCH = "Comment les fonderies tracent-elles l'origine du cobalt ? Voir `code` et **la norme**."
TRANSLATED = (
    "<p>COMMENT LES FONDERIES TRACENT-ELLES L'ORIGINE DU COBALT ? "
    "VOIR <code>code</code> ET <strong>LA NORME</strong>.</p>\n"
)


@pytest_asyncio.fixture(scope="module")
async def machine() -> AsyncIterator[FakeTranslator]:
    """The translator."""
    async with a_translator() as fake:
        yield fake


@pytest_asyncio.fixture(scope="module")
async def site(
    cluster: postgres.Cluster,
    service: Service,
    machine: FakeTranslator,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Service]:
    """A service with this translator, over the database of all tests."""
    folder = tmp_path_factory.mktemp("translating")
    given = {"owner_url": cluster.owner_url, "data": folder, "translator_url": machine.url}
    async with a_service(cluster.url, 1, **given) as running:
        yield running


@pytest.fixture
def fake(machine: FakeTranslator, db: Database) -> FakeTranslator:
    """The translator, which behaves again; the database is emptied after the test."""
    machine.reset()
    return machine


@pytest.fixture
def translator(fake: FakeTranslator) -> Translator:
    """What the worker calls."""
    return Translator(url=fake.url, budget=100_000)


async def _a_post(author: Person, body: str = FRENCH) -> int:
    topic = (await a_topic(author))["id"]
    return int((await a_reply(author, topic, body))["id"])


async def _ask(reader: Person, post: int, language: str = "en") -> tuple[int, dict[str, object]]:
    response = await reader.post(f"/posts/{post}/translations", {"language": language})
    return response.status_code, response.json()


async def _state(reader: Person, post: int, language: str = "en") -> str:
    response = await reader.get(f"/posts/{post}/translations/{language}")
    return str(response.json()["state"]) if response.status_code == 200 else str(response.status_code)


async def _works(db: Database, translator: Translator) -> int:
    count = 0
    while await translate_next_post(translator, db):
        count += 1
    return count


async def test_a_reader_asks_once_for_all_readers(site: Service, fake: FakeTranslator) -> None:
    author, reader = await a_person(site), await a_person(site, "Reader")
    post = await _a_post(author)
    status, asked = await _ask(reader, post)
    assert (status, asked["state"], asked["html"], asked["source"]) == (202, "waiting", None, "fr")
    assert (await _ask(author, post))[0] == 202
    await site.run_jobs()
    status, made = await _ask(reader, post)
    assert (status, made["state"], made["provider"], made["html"]) == (
        200,
        "made",
        "LibreTranslate",
        TRANSLATED,
    )
    shown = await site.client().get(f"/api/v1/posts/{post}/translations/en")
    assert shown.json() == made
    assert [(path, asked["source"], asked["target"]) for path, _, asked in fake.received] == [
        ("/translate", "fr", "en")
    ]


async def test_deepl_gets_its_own_protocol(site: Service, fake: FakeTranslator, db: Database) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    assert await _works(db, Translator(url=fake.url, kind="deepl", key="secret", budget=100_000)) == 1
    assert (await _ask(reader, post))[1]["provider"] == "DeepL"
    path, headers, asked = fake.received[0]
    assert (path, headers["authorization"]) == ("/v2/translate", "DeepL-Auth-Key secret")
    assert (asked["source_lang"], asked["target_lang"], len(asked["text"])) == ("FR", "EN-GB", 1)


async def test_what_cannot_be_translated_is_refused(
    site: Service, app: Service, fake: FakeTranslator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    unknown = await _a_post(reader, "Ok.")
    assert (
        await site.client().post(f"/api/v1/posts/{post}/translations", json={"language": "en"})
    ).status_code == 401
    for number, language, code in (
        (post, "fr", "nothing_to_translate"),
        (unknown, "en", "nothing_to_translate"),
        (post, "tlh", "unknown_language"),
        (post + 999, "en", "not_found"),
    ):
        assert (await _ask(reader, number, language))[1]["code"] == code
    off = await app.client(reader.token).post(f"/api/v1/posts/{post}/translations", json={"language": "en"})
    assert off.json()["code"] == "translations_off"


async def test_a_text_that_not_everybody_reads_is_never_sent(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    await raw_sql(db).execute("UPDATE topics SET readers = 'members'")
    assert (await _ask(reader, post))[1]["code"] == "not_open_to_all"
    assert await _works(db, translator) == 0
    await raw_sql(db).execute("UPDATE topics SET readers = 'everyone'")
    await hide_rows(db, post)
    assert await _works(db, translator) == 0
    assert fake.received == []


async def test_an_edit_makes_a_translation_out_of_date(
    site: Service, db: Database, translator: Translator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    await _works(db, translator)
    assert await _state(reader, post) == "made"
    await reader.put(f"/posts/{post}/reactions/kind")
    assert await _state(reader, post) == "made"
    edited = await reader.patch(f"/posts/{post}", {"body": f"{FRENCH} Merci."})
    assert edited.status_code == 200, edited.text
    assert await _state(reader, post) == "404"
    assert (await _ask(reader, post))[0] == 202
    await _works(db, translator)
    assert "MERCI" in str((await _ask(reader, post))[1]["html"])


async def test_a_corrected_language_makes_a_translation_out_of_date(
    site: Service, db: Database, translator: Translator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    await _works(db, translator)
    await reader.put(f"/posts/{post}/language", {"language": "es"})
    assert await _state(reader, post) == "404"


async def test_hiding_hides_a_translation(site: Service, db: Database, translator: Translator) -> None:
    reader = await a_person(site)
    moderator = await a_person(site, "Moderator", duties=[("moderator", "mobility")])
    post = await _a_post(reader)
    await _ask(reader, post)
    await _works(db, translator)
    await hide_rows(db, post)
    for person in (reader, moderator):
        assert await _state(person, post) == "404"
    async with db.begin() as tx:
        assert await delete_old_translations(tx, clock.now()) == 1


@pytest.mark.parametrize("change", ["edit", "hide"])
async def test_a_change_while_the_translator_works_wins(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator, change: str
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)

    async def happens() -> None:
        fake.before = None
        if change == "edit":
            await reader.patch(f"/posts/{post}", {"body": f"{FRENCH} Merci."})
        else:
            await hide_rows(db, post)

    fake.before = happens
    assert await _works(db, translator) == 1
    assert len(fake.received) == 1
    assert await raw_sql(db).fetchval("SELECT html FROM post_translations") is None
    assert await _state(reader, post) == "404"


@pytest.mark.parametrize(
    ("status", "again"), [(429, 30), (529, 30), (500, 30), (403, 30), (302, 30), (456, 6 * 3600)]
)
async def test_a_translator_that_does_not_work_is_left_alone_for_a_while(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator, status: int, again: int
) -> None:
    reader, now = await a_person(site), clock.now() + timedelta(minutes=1)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.status = status
    with clock.stop_at(now):
        await _works(db, translator)
        await _works(db, translator)
        assert (len(fake.received), await _state(reader, post)) == (1, "waiting")
    with clock.stop_at(now + timedelta(seconds=again - 1)):
        assert await _works(db, translator) == 0
    with clock.stop_at(now + timedelta(seconds=again)):
        await _works(db, translator)
        assert len(fake.received) == 2
    fake.status = 200
    with clock.stop_at(now + timedelta(seconds=again) + LONGEST_PAUSE):
        await _works(db, translator)
        assert (len(fake.received), await _state(reader, post)) == (3, "made")
        assert await raw_sql(db).fetchval("SELECT failures FROM translator_uses") == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"translatedText": null}',
        b'{"translatedText": ""}',
        b'{"translatedText": "a\\u0000b"}',
        b'{"translatedText": "a\\ud800b"}',
        b'{"more": ' + b"[" * 100_000,
        b"x" * 2_000_000,
    ],
)
async def test_an_answer_that_is_none_fails_alone(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator, answer: bytes
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.body = answer
    assert await _works(db, translator) == 1
    fake.body = None
    other = await _a_post(reader)
    await _ask(reader, other)
    await _works(db, translator)
    assert (await _state(reader, post), await _state(reader, other)) == ("failed", "made")
    assert (await _ask(reader, post))[0] == 200
    async with db.begin() as tx:
        assert await delete_old_translations(tx, clock.now() + timedelta(days=2)) == 1
    assert (await _ask(reader, post))[0] == 202


async def test_a_compressed_answer_is_never_unpacked(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator
) -> None:
    """A thousandth of the memory that it fills is sent."""
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.headers = "content-encoding: gzip\r\n"
    fake.body = gzip.compress(b'{"translatedText": "<p>Small.</p>"}')
    assert await _works(db, translator) == 1
    assert (fake.received[0][1]["accept-encoding"], await _state(reader, post)) == ("identity", "failed")


@pytest.mark.parametrize("status", [400, 413])
async def test_a_text_that_is_refused_fails_alone(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator, status: int
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.status = status
    await _works(db, translator)
    assert await _state(reader, post) == "failed"


async def test_a_placeholder_altered_on_the_way_is_refused(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.translate = lambda page: page.replace('id="p0"', 'id="p7"')
    await _works(db, translator)
    assert await _state(reader, post) == "failed"


async def test_markup_in_the_answer_is_removed(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.translate = lambda page: page.replace("Comment", "<script>x()</script><img src=x onerror=x()>How")
    await _works(db, translator)
    html = str((await _ask(reader, post))[1]["html"])
    assert html.startswith("<p>How les fonderies")


async def test_a_translator_that_does_not_answer_is_given_up(fake: FakeTranslator) -> None:
    fake.answers.clear()
    with pytest.raises(TranslatorAway):
        await Translator(url=fake.url, budget=1, timeout=0.05).translate("<p>a</p>", "fr", "en")
    fake.answers.set()
    with pytest.raises(TranslatorAway):
        await Translator(url="http://127.0.0.1:1", budget=1).translate("<p>a</p>", "fr", "en")
    with pytest.raises(TextRefused):
        await Translator(url=fake.url, budget=1).translate("a" * 100_001, "fr", "en")


async def test_the_budget_of_a_day_is_never_exceeded(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator
) -> None:
    reader, now = await a_person(site), clock.now() + timedelta(minutes=1)
    posts = [await _a_post(reader) for _ in range(3)]
    for post in posts:
        await _ask(reader, post)
    with clock.stop_at(now):
        await translate_next_post(translator, db)
        sent = len(fake.received[0][2]["q"])
        small = replace(translator, budget=2 * sent)
        await _works(db, small)
        assert len(fake.received) == 2
    with clock.stop_at(now + timedelta(days=1)):
        await _works(db, small)
        assert len(fake.received) == 3
    large = await _a_post(reader, FRENCH * 3)
    await _ask(reader, large)
    await _works(db, small)
    assert (len(fake.received), await _state(reader, large)) == (3, "failed")


async def test_one_member_gets_a_tenth_of_the_budget(
    site: Service, fake: FakeTranslator, db: Database
) -> None:
    greedy, other = await a_person(site), await a_person(site, "Other")
    first, second, third, fourth = [await _a_post(greedy, f"{FRENCH} " * 140) for _ in range(4)]
    with clock.stop_at(clock.now().replace(hour=12, minute=0, second=0, microsecond=0)):
        assert [(await _ask(greedy, post))[0] for post in (first, second, third)] == [202] * 3
        response = await greedy.post(f"/posts/{fourth}/translations", {"language": "en"})
        assert (response.status_code, response.json()["code"]) == (429, "too_many_translations")
        assert int(response.headers["retry-after"]) in range(12 * 3600, 12 * 3600 + 2)
        assert (await _ask(greedy, first))[0] == 202
        assert (await _ask(other, fourth))[0] == 202
        assert await _works(db, Translator(url=fake.url, budget=1_000_000)) == 4
    async with db.begin() as tx:
        await delete_old_translations(tx, clock.now() + timedelta(days=1))
    assert await raw_sql(db).fetchval("SELECT count(*) FROM translation_uses") == 0


async def test_a_worker_that_dies_loses_no_translation(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator
) -> None:
    reader, now = await a_person(site), clock.now() + timedelta(minutes=1)
    post = await _a_post(reader)
    await _ask(reader, post)
    fake.answers.clear()
    arrived = asyncio.Event()

    async def arrives() -> None:
        arrived.set()

    fake.before = arrives
    with clock.stop_at(now):
        dying = asyncio.create_task(translate_next_post(translator, db))
        await arrived.wait()
        dying.cancel()
        fake.answers.set()
        assert await _works(db, translator) == 0
    with clock.stop_at(now + LEASE):
        assert await _works(db, translator) == 1
    assert await _state(reader, post) == "made"


async def test_what_breaks_the_job_waits_in_quarantine(
    site: Service, fake: FakeTranslator, db: Database, translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = await a_person(site)
    bad, good = (
        await _a_post(reader),
        await _a_post(reader, "Quelle norme choisissent les fonderies de la région ?"),
    )
    for post in (bad, good):
        await _ask(reader, post)

    def breaks(answer: str, _: object) -> str:
        if "COMMENT" in answer:
            raise ZeroDivisionError
        return answer

    monkeypatch.setattr("forum.translations.jobs.restore", breaks)
    await _works(db, translator)
    assert (await _state(reader, bad), await _state(reader, good)) == ("waiting", "made")
    async with db.read() as tx:
        assert [(one.job, one.item) for one in await read_quarantine(tx)] == [("translations", f"{bad} en")]


async def test_a_translation_is_in_no_search(
    site: Service, db: Database, translator: Translator, fake: FakeTranslator
) -> None:
    reader = await a_person(site)
    post = await _a_post(reader)
    fake.translate = lambda page: page.replace("Comment", "Zirconium")
    await _ask(reader, post)
    await site.run_jobs()
    assert "Zirconium" in str((await _ask(reader, post))[1]["html"])
    for path in ("/search?q=zirconium", f"/posts/{post}"):
        assert "Zirconium" not in (await reader.get(path)).text


async def test_the_page_shows_it_below_the_original(
    site: Service, db: Database, translator: Translator
) -> None:
    author, reader = await a_person(site), await a_person(site, "Reader")
    post = await _a_post(author)
    topic = await raw_sql(db).fetchval("SELECT topic_id FROM posts WHERE id = $1", post)
    button = f'<button class="act" form="set" formaction="/p/{post}/translation">Translate</button>'
    page = await open_page(reader, f"/t/{topic}/cobalt-tracing")
    assert page.count("/translation") == 1 and button in page
    assert "/translation" not in await open_page(site.client(), f"/t/{topic}/cobalt-tracing")
    asked = await send(reader, f"/p/{post}/translation")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/p/{post}/translation")
    assert "is being made" in await open_page(reader, f"/p/{post}/translation")
    await _works(db, translator)
    shown = await open_page(reader, f"/p/{post}/translation")
    original, _, below = shown.partition('<section class="posts" id="translation">')
    assert "Comment les fonderies" in original and "COMMENT" not in original
    assert "Machine translation by LibreTranslate from French, <time" in below
    assert f'<div class="said" lang="en" dir="ltr">{TRANSLATED}</div>' in below


async def test_without_a_translator_there_is_no_button(app: Service) -> None:
    author = await a_person(app)
    topic = (await a_topic(author))["id"]
    await a_reply(author, topic, FRENCH)
    assert "/translation" not in await open_page(author, f"/t/{topic}/cobalt-tracing")


async def test_the_doctor_asks_the_translator_and_translates_nothing(fake: FakeTranslator) -> None:
    assert await Translator(url=fake.url).find_fault() is None
    assert await Translator(url=f"{fake.url}/", kind="deepl", key="k").find_fault() is None
    assert [path for path, _, _ in fake.received] == ["/languages", "/v2/usage"]
    fake.status = 403
    assert await Translator(url=fake.url).find_fault() == "it answers 403"
