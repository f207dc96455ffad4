"""Files that are slow for some parser: uploads, tables to import, and archives of mailing lists, each by its name."""

import io
import zlib
from collections.abc import Mapping
from email.message import EmailMessage

from PIL import Image

from bench.harness.hostile_texts import HOSTILE

_MEGABYTE = 1024 * 1024


def _picture(width: int, height: int, mode: str) -> bytes:
    kept = io.BytesIO()
    Image.new(mode, (width, height)).save(kept, "PNG")
    return kept.getvalue()


def _pdf(pages: int, text: bytes) -> bytes:
    stream = zlib.compress(b"BT /F1 9 Tf (" + text + b") Tj ET")
    kids = " ".join(f"{n + 4} 0 R" for n in range(pages)).encode()
    parts = [
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Count %d/Kids[%s]>>endobj\n" % (pages, kids),
        b"3 0 obj<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream endobj\n" % (len(stream), stream),
    ]
    for n in range(pages):
        page = b"%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R>>endobj\n"
        parts.append(page % (n + 4))
    return b"".join((*parts, b"trailer<</Root 1 0 R>>\n%%EOF"))


_GIF_HEAD = b"GIF89a\1\0\1\0\x80\0\0" + b"\0\0\0\xff\xff\xff"
_GIF_FRAME = b"," + b"\0\0\0\0\1\0\1\0\0" + b"\2\2\x44\1\0"

UPLOADS: Mapping[str, bytes] = {
    "large.png": _picture(6_000, 6_000, "L"),
    "wide.png": _picture(20_000, 100, "RGB"),
    "cut.png": _picture(4_000, 4_000, "RGB")[:-200],
    "noise.txt": b"\x80\xff" * _MEGABYTE,
    "lines.txt": b"\n" * (2 * _MEGABYTE),
    "angles.txt": b"< " * _MEGABYTE,
    "pages.pdf": _pdf(2_000, b"word " * 200),
    "one.pdf": _pdf(1, b"(" * 200_000),
    "empty.zip": b"PK\x05\x06" + b"\0" * 18,
    "frames.gif": _GIF_HEAD + _GIF_FRAME * 600_000 + b";",
    "western.txt": "Déjà vérifié à Côte d’Ivoire\n".encode("cp1252") * 200_000,
    "chinese.txt": "矿产供应链尽责管理指南\n".encode("gbk") * 200_000,
    "wide.txt": "Größe\n".encode("utf-16") + "x".encode("utf-16-le") * _MEGABYTE,
}

TABLES: Mapping[str, bytes] = {
    "rows.csv": b"name,about,more\n" + b"".join(b"n%d,a,b\n" % n for n in range(20_000)),
    "quotes.csv": b"name,about,more\n" + b'"' * (3 * _MEGABYTE),
    "semicolons.csv": b"name;about;more\n" + b'"a,b";"c;d";e\n' * 20_000,
    "columns.csv": b",".join(b"c%d" % n for n in range(20_000)) + b"\n",
    "one line.csv": b"name,about,more\n" + b"a" * (4 * _MEGABYTE),
    "habits.csv": b"name;amount;since;country\n"
    + b"".join(b"n%d;1.234;03/04/2026;Democratic Republic of the Congo\n" % n for n in range(5_000)),
    "long cells.csv": b"name;amount;since\n"
    + (b"n;" + b"1," * 9_000 + b";" + b"3 May " * 3_000 + b"\n") * 100,
    "cyrillic.csv": b"name;about;more\n" + "Кобальт;Конго;Отчёт\n".encode("cp1251") * 200_000,
    "breaks.csv": b"name,about,more\n" + b'"\n\n\n",b,c\n' * 100_000,
}


def _archive(bodies: Mapping[str, str], kind: str) -> bytes:
    mails = []
    for n, (name, body) in enumerate(bodies.items()):
        mail = EmailMessage()
        mail["From"], mail["Subject"] = f"Ana <ana{n}@example.org>", f"About {name}"
        mail["Message-ID"], mail["Date"] = f"<{kind}.{n}@example.org>", "Mon, 2 Nov 2026 10:00:00 +0000"
        mail.set_content(body, subtype=kind, cte="8bit", charset="utf-8")
        mails.append(b"From ana@example.org Mon Nov  2 10:00:00 2026\n" + mail.as_bytes() + b"\n")
    return b"".join(mails)


ARCHIVES: Mapping[str, bytes] = {
    "plain.mbox": _archive(HOSTILE, "plain"),
    "html.mbox": _archive({name: f"<p>{text}" for name, text in HOSTILE.items()}, "html"),
    "long.mbox": _archive({name: text * 10 for name, text in HOSTILE.items()}, "plain"),
}
