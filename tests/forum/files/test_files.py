"""Tests of uploads: accepted and refused types, re-encoded images, visibility, quotas, and deletion of unused files."""

import base64
import io
import struct
import zipfile
import zlib
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from core import clock
from forum.files.file_types import MAX_FILE_SIZE, FileRefused, FileTooBig
from forum.files.uploads import prepare_upload
from tests.support.boards import a_board
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql
from tests.support.uploads import a_picture, an_office_file

CANARY = b"pteranodon"


def a_huge_png() -> bytes:
    """Return a small PNG whose header claims four billion pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_picture("JPEG"), "image/jpeg"),
        (a_picture("PNG"), "image/png"),
        (a_picture("WEBP"), "image/webp"),
        (a_picture("GIF"), "image/png"),
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"Case,Amount\nA,1\n", "text/plain"),
        ("Größe: 3 < 4".encode(), "text/plain"),
        (
            an_office_file("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            an_office_file("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
            "application/vnd.oasis.opendocument.spreadsheet",
        ),
    ],
)
def test_what_is_taken_is_known_by_its_bytes(content: bytes, kind: str) -> None:
    assert prepare_upload("misnamed.dat", content).media_type == kind


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"  \n<HTML>",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01",
        b"GIF89a" + b"\x00" * 20,
        b"\x89PNG\r\n\x1a\nbroken",
        a_picture("PNG")[:60],
        b"PK\x03\x04 no archive",
        an_office_file("a.txt"),
        an_office_file("word/document.xml", "word/vbaProject.bin"),
        an_office_file("a", mimetype="application/x-evil"),
        b"\x00\x01\x02",
        b"\xff\xfe\x00",
        b"",
        b"   ",
    ],
)
def test_what_runs_or_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        prepare_upload("photo.png", content)


def test_more_than_a_file_may_have_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(FileTooBig):
        prepare_upload("a.png", a_huge_png())
    with pytest.raises(FileTooBig):
        prepare_upload("a.txt", b"x" * (MAX_FILE_SIZE + 1))


def test_a_picture_keeps_its_pixels_and_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()  # a description
    exif[0x0112] = 6  # held upright
    content = a_picture("JPEG", exif=exif, comment=CANARY) + b"<script>" + CANARY
    assert content.count(CANARY) == 3

    made = prepare_upload("a.jpg", content)

    assert CANARY not in made.content
    with Image.open(io.BytesIO(made.content)) as found:
        assert found.size == (20, 40), "it is turned as the camera was held"
        assert not found.getexif()
    for kind in ("PNG", "WEBP"):
        assert CANARY not in prepare_upload("a", a_picture(kind, exif=exif) + CANARY).content


def test_pixels_are_counted_in_the_header_whatever_their_depth() -> None:
    kept = io.BytesIO()
    Image.new("1", (6_300, 6_300)).save(kept, "PNG")
    assert len(kept.getvalue()) < 10_000

    with pytest.raises(FileTooBig):
        prepare_upload("a.png", kept.getvalue())


def test_pixels_of_what_moves_are_counted_in_all_frames() -> None:
    def moving(frames: int) -> bytes:
        drawn, kept = [Image.new("1", (600, 500), n % 2) for n in range(frames)], io.BytesIO()
        drawn[0].save(kept, "GIF", save_all=True, append_images=drawn[1:], duration=40)
        return kept.getvalue()

    with pytest.raises(FileTooBig):
        prepare_upload("a.gif", moving(90))
    assert prepare_upload("a.gif", moving(5)).media_type == "image/webp"


def test_the_photo_of_a_camera_is_taken() -> None:
    made = prepare_upload("a.jpg", a_picture("JPEG", (6_000, 4_000)))

    assert (made.media_type, made.width, made.height) == ("image/jpeg", 6_000, 4_000)


def test_a_photo_with_a_second_picture_in_it_is_one_picture() -> None:
    second = Image.new("RGB", (40, 20))

    assert (
        prepare_upload("a.jpg", a_picture("MPO", save_all=True, append_images=[second])).media_type
        == "image/jpeg"
    )


def test_the_kind_of_an_office_file_is_not_unpacked() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    with pytest.raises(FileRefused):
        prepare_upload("a.odt", kept.getvalue())


async def upload(who: Person, content: bytes, name: str = "a.txt") -> Any:
    return await who.post("/files", {"name": name, "content": base64.b64encode(content).decode()})


async def test_a_file_is_seen_by_who_can_see_the_entry_that_uses_it(app: Service) -> None:
    table, stranger = await a_board(app), await a_person(app, "Else")
    file = (await upload(table.member, CANARY, 'pa"per ض.txt')).json()
    assert file["address"] == f"/files/{file['id']}/pa-per.txt"
    address = file["address"]

    async def status(who: Person | None) -> int:
        async with app.client(who.token if who else None) as client:
            return (await client.get(address)).status_code

    assert [await status(who) for who in (table.member, stranger, None)] == [200, 404, 404]
    stolen = await stranger.post(
        f"/boards/{table.id}/entries",
        {"fields": {"title": "Mine", "paper": {"kind": "file", "id": file["id"]}}},
    )
    assert (stolen.status_code, stolen.json()["code"]) == (422, "answer_invalid")

    entry = await table.add("Cobalt", paper={"kind": "file", "id": file["id"]})
    assert [await status(who) for who in (table.member, stranger, None)] == [200, 200, 200]
    async with app.client() as visitor:
        answer = await visitor.get(address)
    assert answer.content == CANARY
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"pa-per.txt\"; filename*=UTF-8''pa-per%20%D8%B6.txt"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    async with app.client() as visitor:  # The name in the address is the asker's: it breaks no header.
        for name in ("%E4%B8%AD.txt", "a%0d%0aX-Evil:1.txt", "a%22;b=%5C.txt"):
            answer = await visitor.get(f"/files/{file['id']}/{name}")
            assert (answer.status_code, answer.content) == (200, CANARY)
            assert "x-evil" not in answer.headers
            assert answer.headers["content-disposition"].isascii()

    await stranger.post(f"/posts/{entry['post']}/flags", {"reason": "spam"})
    judge = await a_person(app, "Judge", duties=[("moderator", "mobility")])
    case = (await judge.get("/cases")).json()["items"][0]
    hide = {"version": case["version"], "action": "hide", "reason": {"rule": "Spam", "facts": "Sells."}}
    assert (await judge.post(f"/cases/{case['id']}/decisions", hide)).status_code == 201
    assert [await status(who) for who in (judge, stranger, None)] == [200, 404, 404]


async def test_what_nothing_uses_is_forgotten_after_days_and_what_is_used_stays(app: Service) -> None:
    table = await a_board(app)
    one, twin = [(await upload(table.member, CANARY, name)).json() for name in ("a.txt", "b.txt")]
    entry = await table.add("Cobalt", paper={"kind": "file", "id": one["id"]})
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM file_contents") == 1, (
        "the same is stored once"
    )

    with clock.stop_at(clock.now() + timedelta(days=3)):
        await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT array_agg(id) FROM files") == [one["id"]]
    assert twin["id"] != one["id"]
    changed = await table.member.patch(f"/entries/{entry['id']}", {"fields": {"paper": None}})
    assert "paper" not in changed.json()["fields"]
    with clock.stop_at(clock.now() + timedelta(days=3)):
        await app.run_jobs()
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM file_contents") == 0


async def test_nobody_keeps_more_than_one_is_trusted_with(app: Service) -> None:
    amina = await a_person(app)
    await raw_sql(app.db).execute("INSERT INTO file_contents VALUES ('\\x00', '\\x00')")
    await raw_sql(app.db).execute(
        "INSERT INTO files (sha256, name, media_type, size, uploaded_by, uploaded_at) "
        "VALUES ('\\x00', 'a.txt', 'text/plain', $1, $2, now())",
        20 * 1024 * 1024 - 25,
        amina.id,
    )

    assert (await upload(amina, b"ten bytes!")).status_code == 201
    assert (await upload(amina, b"and eleven.")).status_code == 201
    refused = await upload(amina, b"five.")

    assert (refused.status_code, refused.json()["code"]) == (413, "quota_full")
    # Nothing in it is read: otherwise it would be found to be broken.
    unread = await upload(amina, b"\x89PNG\r\n\x1a\nbroken", "a.png")
    assert (unread.status_code, unread.json()["code"]) == (413, "quota_full")
    assert (await upload(await a_person(app, "Other"), b"five.")).status_code == 201
    await raw_sql(app.db).execute("UPDATE members SET trust = 1 WHERE id = $1", amina.id)
    assert (await upload(amina, b"five.")).status_code == 201


async def test_what_is_refused_says_so_and_nothing_is_kept(app: Service) -> None:
    amina = await a_person(app)

    refused = await upload(amina, b"<svg/>")
    too_big = await upload(amina, b"x" * (MAX_FILE_SIZE + 1))

    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422,
        "file_refused",
        "file",
    )
    assert (too_big.status_code, too_big.json()["code"]) == (413, "file_too_big")
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM files") == 0
