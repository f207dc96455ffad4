"""Pictures of members: uploaded, cropped, shown, hidden with the profile, removed and erased."""

import base64
import io
import re

import httpx2
import pytest
from PIL import Image

from core.ids import MemberId
from forum.files import pictures
from members.accounts.erasure import strip_member
from tests.support.moderation.cases import decide_to_hide
from tests.support.pages import BROWSER, open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

RED, BLUE = (200, 0, 0), (0, 0, 200)


def a_picture(width: int = 300, height: int = 200, kind: str = "JPEG") -> bytes:
    """A picture of which the left half is red and the right half blue, taken in Nairobi."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[0x010F] = "Nairobi camera"
    output = io.BytesIO()
    image.save(output, kind, exif=exif)
    return output.getvalue()


async def upload(person: Person, content: bytes, **more: str) -> httpx2.Response:
    return await person.put("/me/picture", {"content": base64.b64encode(content).decode(), **more})


async def test_a_picture_is_shown_beside_the_name_in_two_sizes_without_metadata(app: Service) -> None:
    amina, jonas = await a_person(app, "Amina"), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    async with app.client() as visitor:
        before = (await visitor.get(f"/t/{topic}/cobalt-tracing", headers=BROWSER)).headers["etag"]
    answer = await upload(amina, a_picture())
    assert answer.status_code == 200, answer.text
    small, large = answer.json()["small"], answer.json()["large"]
    for address, size in ((small, 64), (large, 192)):
        found = await jonas.client.get(address)
        assert found.headers["content-type"] == "image/webp"
        assert "immutable" in found.headers["cache-control"] and "private" in found.headers["cache-control"]
        image = Image.open(io.BytesIO(found.content))
        assert image.size == (size, size) and not image.getexif() and b"Nairobi" not in found.content
    async with app.client() as visitor:
        page = await visitor.get(f"/t/{topic}/cobalt-tracing", headers=BROWSER | {"If-None-Match": before})
    assert page.status_code == 200 and f'src="{small}"' in page.text, "the browser's copy is out of date"
    assert f'src="{large}"' in await open_page(jonas, f"/m/{amina.handle}")
    reply = await a_reply(amina, topic)
    assert reply["author"]["picture"] in small
    assert [path for path in re.findall(r'class="face" src="([^"]+)"', await open_page(amina, "/inbox"))] == [
        small
    ] * 2


@pytest.mark.parametrize(
    ("crop", "left", "right"), [("start", RED, RED), ("end", BLUE, BLUE), ("middle", RED, BLUE)]
)
async def test_the_part_that_was_chosen_is_kept(
    app: Service, crop: str, left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    amina = await a_person(app)
    address = (await upload(amina, a_picture(400, 200), crop=crop)).json()["large"]
    image = Image.open(io.BytesIO((await amina.client.get(address)).content)).convert("RGB")
    for place, wanted in ((10, left), (180, right)):
        found = image.getpixel((place, 100))
        assert isinstance(found, tuple) and all(abs(a - b) < 40 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("content", [b"", b"Not a picture", b"\x89PNG\r\n\x1a\nbroken", b"%PDF-1.7"])
async def test_what_is_no_picture_is_refused(app: Service, content: bytes) -> None:
    amina = await a_person(app)
    refused = await upload(amina, content)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_picture")
    assert (await amina.get("/me")).json()["picture"] is None


async def test_quotas_and_the_budget_of_pixels_hold(app: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = await a_person(app)
    huge = io.BytesIO()
    Image.new("1", (6000, 6000)).save(huge, "PNG")
    refused = await upload(amina, huge.getvalue())
    assert refused.json()["code"] == "file_too_big" and pictures.MAX_PIXELS < 36_000_000
    await raw_sql(app.db).execute(
        "WITH c AS (INSERT INTO file_contents (sha256, content) VALUES ('\\x00', '') RETURNING sha256)"
        " INSERT INTO files (sha256, name, media_type, size, uploaded_by, uploaded_at)"
        " SELECT sha256, 'a.txt', 'text/plain', 900000000, $1, now() FROM c", amina.id
    )  # fmt: skip
    assert (await upload(amina, a_picture())).json()["code"] == "quota_full"


async def test_a_hidden_profile_shows_no_picture_and_an_old_address_leads_nowhere(app: Service) -> None:
    amina, jonas = await a_person(app, "Amina"), await a_person(app, "Jonas")
    judge, second = [
        await a_person(app, name, duties=[("administrator", None)]) for name in ("Judge", "Second")
    ]
    topic = (await a_topic(amina))["id"]
    small = (await upload(amina, a_picture())).json()["small"]
    flagged = await jonas.post(f"/members/{amina.handle}/flags", {"reason": "spam"})
    assert flagged.status_code == 201, flagged.text
    (case,) = (await judge.get("/cases")).json()["items"]
    assert small.replace("-64", "-192") in await open_page(judge, f"/queue?case={case['id']}")
    decision = await decide_to_hide(judge, case["id"], case["version"])
    for reader in (jonas, amina):
        assert (await reader.client.get(small)).status_code == 404
        page = await reader.client.get(f"/t/{topic}", headers=BROWSER, follow_redirects=True)
        assert page.status_code == 200 and "/faces/" not in page.text
        assert "/faces/" not in await open_page(reader, f"/m/{amina.handle}")
    # Another picture is stored and not shown either.
    other = (await upload(amina, a_picture(64, 64))).json()["small"]
    assert (await jonas.client.get(other)).status_code == 404
    assert "Moderators have hidden your profile" in await open_page(amina, "/settings")
    reversed_ = await second.put(f"/decisions/{decision['id']}/reversal", {"facts": "It was right."})
    assert reversed_.status_code == 200, reversed_.text
    assert (await jonas.client.get(other)).status_code == 200
    assert (await jonas.client.get(small)).status_code == 404


async def test_a_picture_is_removed_and_erased(app: Service) -> None:
    amina = await a_person(app, "Amina")
    small = (await upload(amina, a_picture())).json()["small"]
    for _ in range(2):
        assert (await amina.client.delete("/api/v1/me/picture")).status_code == 204
    assert (await amina.client.get(small)).status_code == 404
    await upload(amina, a_picture())
    async with app.db.begin() as tx:
        await strip_member(tx, MemberId(amina.id))
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM member_pictures") == 0
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM members WHERE picture IS NOT NULL") == 0


async def test_the_form_of_the_settings_sets_and_removes_it(app: Service) -> None:
    amina = await a_person(app, "Amina")
    sent = {"file": ("me.jpg", a_picture(), "image/jpeg")}
    done = await amina.client.post(
        "/settings/picture", data={"do": "set", "crop": "end"}, files=sent, headers=BROWSER
    )
    assert (done.status_code, done.headers["location"]) == (303, "/settings?done=profile")
    page = await open_page(amina, "/settings")
    assert 'src="/faces/' in page and "Remove picture" in page
    refused = await amina.client.post(
        "/settings/picture",
        data={"do": "set"},
        files={"file": ("a.txt", b"Words", "text/plain")},
        headers=BROWSER,
    )
    assert refused.status_code == 422 and "not a picture that we can open" in refused.text
    missing = await amina.client.post("/settings/picture", data={"do": "set"}, headers=BROWSER)
    assert missing.status_code == 422 and "Choose a file." in missing.text
    await amina.client.post("/settings/picture", data={"do": "remove"}, headers=BROWSER)
    assert "/faces/" not in await open_page(amina, "/settings")
    bad = await amina.client.post("/settings/picture", data={"do": "burn"}, headers=BROWSER)
    assert bad.status_code == 422
