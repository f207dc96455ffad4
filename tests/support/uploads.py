"""Builders for files to upload: pictures, PDF files and office documents."""

import io
import zipfile
from typing import Any

from PIL import Image, ImageDraw

from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **more: Any) -> bytes:
    picture, kept = Image.new("RGB", size, "white"), io.BytesIO()
    ImageDraw.Draw(picture).rectangle((0, 0, 9, 9), fill="red")
    picture.save(kept, kind, **more)
    return kept.getvalue()


def an_office_file(*parts: str, mimetype: str = "") -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as packed:
        if mimetype:
            packed.writestr("mimetype", mimetype)
        for part in parts:
            packed.writestr(part, "<xml/>")
    return kept.getvalue()


def a_pdf(words: str) -> bytes:
    """Return a PDF file with one line of text."""
    stream = f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%b endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        made
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(made)
    )


async def a_member(app: Service, name: str = "Amina", trust: int = 1) -> Person:
    """Create a member with permission to upload files."""
    person = await a_person(app, name)
    await raw_sql(app.db).execute("UPDATE members SET trust = $1 WHERE id = $2", trust, person.id)
    return person
