"""Every kind of file that people try to upload, with its outcome: kept as a picture, kept as a download, or refused."""

import contextlib
import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from PIL import Image

from forum.files.file_types import FileRefused, FileTooBig
from forum.files.uploads import prepare_upload
from tests.support.uploads import a_pdf, a_picture, an_office_file

PICTURE, DOWNLOAD = "kept as picture", "kept as download"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    kept = io.BytesIO()
    image.save(kept, kind, **more)
    return kept.getvalue()


def frames(kind: str, count: int = 3) -> bytes:
    drawn = [Image.new("RGB", (8, 6), (n * 60, 0, 0)) for n in range(count)]
    return saved(drawn[0], kind, save_all=True, append_images=drawn[1:], duration=50)


def packed(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return kept.getvalue()


def a_workbook() -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "Mineral")
    return kept.getvalue()


def upright(angle: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = angle
    return exif


def media(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0mif1heic" + b"\0" * 40


GREY16 = Image.frombytes("I;16", (4, 4), struct.pack("<H", 30_000) * 16)
FRENCH = "Numéro;Titre\n1;Déjà vérifié à Kinshasa – l’orpaillage\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600

CASES: list[tuple[str, str, bytes, str, str]] = [
    # pictures: file name, content, outcome, and the name or the words of the refusal
    ("JPEG", "a.jpg", a_picture("JPEG"), PICTURE, "a.jpg"),
    ("JPEG held upright", "a.jpeg", a_picture("JPEG", exif=upright(6)), PICTURE, "a.jpeg"),
    ("JPEG of two pictures", "a.jpg", frames("MPO"), PICTURE, "a.jpg"),
    ("JPEG in CMYK", "a.jpg", saved(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "JPEG"), PICTURE, "a.jpg"),
    ("JPEG in grey", "a.jpg", saved(Image.new("L", (4, 4), 99), "JPEG"), PICTURE, "a.jpg"),
    ("JPEG with a film after it", "a.jpg", a_picture("JPEG") + media(b"mp42"), PICTURE, "a.jpg"),
    ("JPEG called PNG", "photo.png", a_picture("JPEG"), PICTURE, "photo.jpg"),
    ("PNG", "a.png", a_picture("PNG"), PICTURE, "a.png"),
    ("PNG with 16 bits of grey", "a.png", saved(GREY16, "PNG"), PICTURE, "a.png"),
    ("PNG with a palette", "a.png", saved(Image.new("P", (4, 4), 3), "PNG", transparency=3), PICTURE, "a.png"),
    ("PNG with one bit", "a.png", saved(Image.new("1", (4, 4), 1), "PNG"), PICTURE, "a.png"),
    ("PNG with grey and transparency", "a.png", saved(Image.new("LA", (4, 4), (9, 9)), "PNG"), PICTURE, "a.png"),
    ("PNG that moves", "a.png", frames("PNG"), PICTURE, "a.webp"),
    ("WebP", "a.webp", a_picture("WEBP"), PICTURE, "a.webp"),
    ("WebP that moves", "a.webp", frames("WEBP"), PICTURE, "a.webp"),
    ("GIF", "a.gif", a_picture("GIF"), PICTURE, "a.png"),
    ("GIF that moves", "a.gif", frames("GIF"), PICTURE, "a.webp"),
    ("BMP", "a.bmp", a_picture("BMP"), PICTURE, "a.png"),
    ("AVIF", "a.avif", a_picture("AVIF"), PICTURE, "a.webp"),
    ("picture without a name", "...", a_picture("PNG"), PICTURE, "file.png"),
    ("HEIC", "IMG_1.HEIC", media(b"heic"), "picture_format_refused", "HEIC"),
    ("HEIF of another brand", "IMG_1.jpg", media(b"mif1"), "picture_format_refused", "HEIC"),
    ("TIFF", "a.tif", a_picture("TIFF"), "picture_format_refused", "TIFF"),
    ("JPEG 2000", "a.jp2", a_picture("JPEG2000"), "picture_format_refused", "JPEG 2000"),
    ("JPEG XL", "a.jxl", b"\xff\x0a" + b"\0" * 20, "picture_format_refused", "JPEG XL"),
    ("Photoshop", "a.psd", b"8BPS\0\1" + b"\0" * 20, "picture_format_refused", "Photoshop"),
    ("big TIFF", "a.tif", b"II+\0\x08\0\0\0" + b"\0" * 20, "picture_format_refused", "TIFF"),
    ("raw picture of a camera", "a.cr3", media(b"crx "), "picture_format_refused", "cameras"),
    ("damaged AVIF of the general brand", "a.avif", media(b"mif1").replace(b"heic", b"avif"), "file_refused", "AVIF"),
    ("first bytes of a JPEG", "a.jpg", b"\xff\xd8\xff\xe0", "file_refused", "damaged"),
    ("JPEG that contains a PDF", "a.jpg", a_picture("JPEG") + a_pdf("Cobalt"), PICTURE, "a.jpg"),
    ("icon", "a.ico", a_picture("ICO"), "picture_format_refused", "ICO"),
    ("SVG", "a.txt", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_refused", "SVG"),
    ("PNG cut short", "a.png", a_picture("PNG")[:60], "file_refused", "damaged"),
    ("GIF with bytes after its end", "a.gif", frames("GIF") + b"\0" * 99, PICTURE, "a.webp"),
    # documents
    ("PDF", "a.pdf", a_pdf("Cobalt"), DOWNLOAD, "a.pdf"),
    ("PDF after a line break", "a.pdf", b"\r\n" + a_pdf("Cobalt"), DOWNLOAD, "a.pdf"),
    ("PDF after a byte order mark", "a.pdf", b"\xef\xbb\xbf" + a_pdf("Cobalt"), DOWNLOAD, "a.pdf"),
    ("PDF after headers of a mail", "a", b"Content-Type: application/pdf\n\n" + a_pdf("Cobalt"), DOWNLOAD, "a.pdf"),
    ("PDF called text", "report.txt", a_pdf("Cobalt"), DOWNLOAD, "report.pdf"),
    ("text about PDF", "a.txt", b"A file begins with %PDF-1.7 in the first line.", DOWNLOAD, "a.txt"),
    ("Word", "a.docx", an_office_file("word/document.xml"), DOWNLOAD, "a.docx"),
    ("Excel", "a.xlsx", a_workbook(), DOWNLOAD, "a.xlsx"),
    ("PowerPoint", "a.PPTX", an_office_file("ppt/presentation.xml"), DOWNLOAD, "a.PPTX"),
    ("OpenDocument", "a.odt", an_office_file(mimetype=OPEN_DOCUMENT + "text"), DOWNLOAD, "a.odt"),
    ("Word with macros", "a.docx", an_office_file("word/document.xml", "word/vbaProject.bin"), "file_refused", "macros"),
    ("old Word, or with a password", "a.doc", OLE, "file_refused", ".docx"),
    ("ZIP", "a.zip", packed("a.txt"), "file_refused", "one by one"),
    ("gzip", "a.gz", b"\x1f\x8b\x08" + b"\0" * 20, "file_refused", "one by one"),
    # text
    ("text in UTF-8", "a.txt", "Größe, 中文".encode(), DOWNLOAD, "a.txt"),
    ("text after a byte order mark", "a.csv", FRENCH.encode("utf-8-sig"), DOWNLOAD, "a.csv"),
    ("text in UTF-16", "a.csv", FRENCH.encode("utf-16"), DOWNLOAD, "a.csv"),
    ("text in UTF-16 without a mark", "a.csv", FRENCH.encode("utf-16-be"), DOWNLOAD, "a.csv"),
    ("text in UTF-32", "a.txt", "矿产".encode("utf-32"), DOWNLOAD, "a.txt"),
    ("Western ANSI text", "a.csv", FRENCH.encode("cp1252"), DOWNLOAD, "a.csv"),
    ("Chinese ANSI text", "a.txt", "矿产供应链尽责管理指南".encode("gbk"), DOWNLOAD, "a.txt"),
    ("Arabic ANSI text", "a.txt", "دليل العناية الواجبة لسلاسل توريد المعادن".encode("cp1256"), DOWNLOAD, "a.txt"),
    ("Russian ANSI text", "a.txt", "Отчёт о добыче золота в Республике Конго".encode("cp1251"), DOWNLOAD, "a.txt"),
    ("ANSI text that is not clear", "a.txt", "제목,국가".encode("cp949"), "text_encoding_unclear", "euc-kr"),
    ("UTF-8 with a bad byte", "a.txt", "矿产供应链\n".encode() * 9 + b"\xe4", "text_encoding_unclear", "utf-8"),
    ("text that begins like a bitmap", "a.txt", b"BM is short for bench mark.", DOWNLOAD, "a.txt"),
    ("text that begins with a sign", "a.txt", b"<anna@example.org> wrote:\n> yes", DOWNLOAD, "a.txt"),
    ("text called PNG", "a.png", b"words", DOWNLOAD, "a.txt"),
    ("HTML after spaces", "a.txt", b" \n<HTML><body>", "file_refused", "scripts"),
    ("words called HTML", "page.html", b"words", "file_refused", "scripts"),
    ("empty file", "a.txt", b"", "file_refused", "empty"),
    ("Greek ANSI text", "a.txt", "Έκθεση για την εξόρυξη κοβαλτίου".encode("cp1253"), DOWNLOAD, "a.txt"),
    ("Thai ANSI text", "a.txt", "รายงานการทำเหมืองแร่โคบอลต์".encode("cp874"), DOWNLOAD, "a.txt"),
    ("text of MS-DOS", "a.txt", "Größe der Länder: Übersicht".encode("cp850"), DOWNLOAD, "a.txt"),
    ("Hebrew ANSI text", "a.txt", "דוח על כריית קובלט בקונגו".encode("cp1255"), "text_encoding_unclear", "windows-1255"),
    ("rich text", "a.rtf", b"{\\rtf1\\ansi words}", "file_refused", ".docx"),
    ("rich text called Word", "a.doc", b"{\\rtf1\\ansi words}", "file_refused", ".docx"),
    ("PostScript", "a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "file_refused", "PDF"),
    ("macros in capitals", "a.docx", packed("word/document.xml", "word/VBAPROJECT.BIN"), "file_refused", "macros"),
    ("macro sheet of Excel 4", "a.xlsx", packed("xl/workbook.xml", "xl/macrosheets/a.xml"), "file_refused", "macros"),
    ("OpenDocument with a script", "a.odt", packed("content.xml", "Scripts/python/a.py"), "file_refused", "macros"),
    ("binary workbook", "a.xlsb", packed("xl/workbook.bin"), "file_refused", ".xlsx"),
    ("e-book", "a.epub", an_office_file(mimetype="application/epub+zip"), "file_refused", "PDF"),
    ("drawing", "a.odg", an_office_file(mimetype=OPEN_DOCUMENT + "graphics"), "file_refused", ".odt"),
    ("Pages", "a.pages", packed("Index/Document.iwa"), "file_refused", "Keynote"),
    ("Java program called ZIP", "a.zip", packed("META-INF/MANIFEST.MF", "A.class"), "program_refused", "Programs"),
    ("empty ZIP", "a.zip", b"PK\5\6" + b"\0" * 18, "file_refused", "one by one"),
    ("tar", "a.tar", b"a.txt".ljust(257, b"\0") + b"ustar\0" + b"\0" * 249, "file_refused", "one by one"),
    ("xz", "a.xz", b"\xfd7zXZ\0", "file_refused", "one by one"),
    ("Zstandard", "a.zst", b"\x28\xb5\x2f\xfd" + b"\0" * 9, "file_refused", "one by one"),
    ("database", "a.db", b"SQLite format 3\0" + b"\0" * 50, "file_refused", "CSV"),
    # programs and the rest
    ("program", "a.txt", b"MZ\x90\0\3\0\0\0", "program_refused", "Programs"),
    ("program by its name", "setup.exe", b"words", "program_refused", "Programs"),
    ("picture called a program", "photo.jpg.exe", a_picture("JPEG"), "program_refused", "Programs"),
    ("name that shows another ending", "photo\u202egpj.scr", a_picture("JPEG"), "program_refused", "Programs"),
    ("shortcut of Windows", "a.txt.lnk", b"L\0\0\0\1\x14\2\0" + b"\0" * 60, "program_refused", "Programs"),
    ("script", "run.VBS. ", b'MsgBox "hi"', "program_refused", "Programs"),
    ("program with the header of a PDF", "a.pdf", b"MZ\x90\0" + a_pdf("Cobalt"), "program_refused", "Programs"),
    ("sound without a tag", "a.mp3", b"\xff\xf3\x90\0" + b"\0" * 40, "file_refused", "link to it"),
    ("film of Windows", "a.wmv", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + b"\0" * 40, "file_refused", "link to it"),
    ("film", "a.mp4", media(b"mp42"), "file_refused", "link to it"),
    ("sound", "a.mp3", b"ID3\x04" + b"\0" * 40, "file_refused", "link to it"),
    ("bytes of nothing", "a.bin", bytes(range(256)), "file_refused", "damaged"),
]  # fmt: skip


def test_at_least_sixty_files_are_tried() -> None:
    assert len({title for title, *_ in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize(
    ("name", "content", "outcome", "says"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_the_outcome_of_an_upload(name: str, content: bytes, outcome: str, says: str) -> None:
    if outcome in (PICTURE, DOWNLOAD):
        kept = prepare_upload(name, content)
        assert (kept.width is not None, kept.name) == (outcome == PICTURE, says)
        return
    with pytest.raises(FileRefused) as refused:
        prepare_upload(name, content)
    assert refused.value.code == outcome and says in refused.value.detail


def opened(name: str, content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(prepare_upload(name, content).content))


def test_sixteen_bits_of_grey_keep_their_tones() -> None:
    assert opened("a.png", saved(GREY16, "PNG")).convert("RGB").getpixel((0, 0)) == (117, 117, 117)


def test_colours_for_print_are_shown_as_meant() -> None:
    red = opened("a.jpg", saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")).getpixel((4, 4))
    assert isinstance(red, tuple) and red[0] > 220 and max(red[1:]) < 40


def test_of_a_photo_with_a_second_picture_the_first_is_shown_upright_and_alone() -> None:
    first, second = Image.new("RGB", (60, 40), "red"), Image.new("RGB", (60, 40), "blue")
    content = saved(first, "MPO", save_all=True, append_images=[second], exif=upright(6))

    kept = opened("a.jpg", content)

    assert (kept.format, kept.size, getattr(kept, "n_frames", 1)) == ("JPEG", (40, 60), 1)
    red = kept.getpixel((20, 30))
    assert isinstance(red, tuple) and red[0] > 200 and red[2] < 50


def test_an_animation_is_shown_as_the_camera_was_held() -> None:
    drawn = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    content = saved(drawn[0], "WEBP", save_all=True, append_images=drawn[1:], exif=upright(6))

    assert opened("a.webp", content).size == (40, 60)


def test_damaged_exif_data_do_not_cost_the_picture() -> None:
    content = (
        a_picture("JPEG", exif=upright(6))
        .replace(b"Exif\0\0MM", b"Exif\0\0QQ")
        .replace(b"Exif\0\0II", b"Exif\0\0QQ")
    )

    assert prepare_upload("a.jpg", content).width == 40


def test_the_frames_of_an_animation_are_counted_before_it_is_decoded() -> None:
    head = b"GIF89a\1\0\1\0\x80\0\0" + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\2\2\x44\1\0"
    with pytest.raises(FileTooBig, match="frames"):
        prepare_upload("a.gif", head + frame * 600_000 + b"\x3b")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-8-sig"])
def test_text_is_kept_in_utf_8_without_loss(encoding: str) -> None:
    assert prepare_upload("a.csv", FRENCH.encode(encoding)).content.decode("utf-8-sig") == FRENCH


@pytest.mark.parametrize(
    "breakage",
    [lambda b: b[: len(b) // 2], lambda b: b + b"\0" * 99, lambda b: b[:20] + b"\xff" * 30 + b[50:]],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "MPO"])
def test_a_damaged_picture_is_kept_or_refused(kind: str, breakage: Callable[[bytes], bytes]) -> None:
    # Any other exception would be a 500.
    with contextlib.suppress(FileRefused):
        assert prepare_upload("a", breakage(a_picture(kind))).width
