"""Files of known types that are not accepted: their signatures, and refusals that name the type and say what to do."""

from collections.abc import Mapping

from core.languages.texts import translatable
from forum.files.file_types import FileRefused, PictureFormatRefused, ProgramRefused
from forum.files.office_documents import NO_ARCHIVE

_NO_MEDIA = translatable("Audio and video files are not accepted. Publish it elsewhere and link to it.")
_RAW = translatable("Browsers cannot show the raw pictures of cameras. Save it as JPEG and upload that.")
_NO_POSTSCRIPT = translatable(
    "PostScript files are not accepted, because they are programs. Save it as PDF and upload that."
)
_NO_DATABASE = translatable("Databases are not accepted. Export its tables as CSV or .xlsx and upload these.")
_PROGRAMS = (
    *(b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe"),
    *(b"\xcf\xfa\xed\xfe", b"dex\n", b"\0asm", b"L\0\0\0\x01\x14\x02\0", b"!<arch>\n", b"\xed\xab\xee\xdb"),
)
_OPENED_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")
_PICTURES: Mapping[bytes, str] = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"8BPS": "Photoshop",
    b"\0\0\1\0": "ICO",
    b"\0\0\2\0\0\0": "TGA",
    b"\0\0\2\0": "CUR",
    b"\x0a\x05\x01\x08": "PCX",
}
_OTHERS: Mapping[bytes, str] = {
    b"\xd0\xcf\x11\xe0": translatable(
        "Files in the old Office format (.doc, .xls, .ppt), Outlook messages (.msg) and Office files with a password are "
        "not accepted. Save it as .docx, .xlsx, .pptx or PDF without a password."
    ),
    b"{\\rtf": translatable(
        "Rich text files (.rtf) are not accepted, because they can contain programs. Save it as .docx or PDF."
    ),
    b"%!PS": _NO_POSTSCRIPT,
    b"\xc5\xd0\xd3\xc6": _NO_POSTSCRIPT,
    b"SQLite format 3\0": _NO_DATABASE,
    b"\0\1\0\0Standard": _NO_DATABASE,
    **dict.fromkeys((b"FUJIFILMCCD-RAW", b"IIU\0", b"IIRO", b"MMOR"), _RAW),
    **dict.fromkeys(
        (
            *(
                b"PK\5\6",
                b"PK\7\x08",
                b"Rar!\x1a\x07",
                b"7z\xbc\xaf",
                b"\x1f\x8b",
                b"\x1f\x9d",
                b"BZh",
                b"\xfd7zXZ\0",
            ),
            *(b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"MSCF\0\0\0\0"),
        ),
        NO_ARCHIVE,
    ),
    **dict.fromkeys(
        (
            *(
                b"ID3",
                b"OggS\0",
                b"fLaC\0",
                b"\x1aE\xdf\xa3",
                b"MThd\0",
                b"#!AMR\n",
                b"caff\0",
                b"FLV\1",
                b"\0\0\1\xba",
            ),
            *(b"\0\0\1\xb3", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"FORM\0", b".snd\0"),
            *(b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9"),
        ),
        _NO_MEDIA,
    ),
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif")
_AVIF_BRANDS = (b"avif", b"avis")


def is_known_type(content: bytes) -> bool:
    """Return whether the content begins as a type of file of this module, or of a picture, and as no text begins."""
    start = content[:16]
    if start[4:8] == b"ftyp" or content[257:262] == b"ustar":
        return True
    signatures = (*_PROGRAMS, *_OPENED_PICTURES, *_PICTURES, *_OTHERS)
    return any(start.startswith(one) for one in signatures if one in _UNLIKE_TEXT)


def refusal_of(content: bytes) -> FileRefused:
    """Return the refusal of a file that is no accepted type; it names the type if it is a known one."""
    start = content[:32]
    if not content:
        return FileRefused(translatable("This file is empty."), field="file")
    if start[4:8] == b"ftyp":
        return _refusal_of_iso_media(content)
    if start.startswith(_PROGRAMS):
        return ProgramRefused(field="file")
    for signature, name in _PICTURES.items():
        if start.startswith(signature):
            return PictureFormatRefused(
                translatable(
                    "Browsers cannot show %(format)s pictures. Save it as JPEG or PNG and upload that."
                ),
                field="file",
                format=name,
            )
    if start.startswith(_OPENED_PICTURES) or start[8:12] == b"WEBP":
        return FileRefused(
            translatable("This picture is damaged. Save it again and upload that."), field="file"
        )
    if content[257:262] == b"ustar":
        return FileRefused(NO_ARCHIVE, field="file")
    message = next((told for signature, told in _OTHERS.items() if start.startswith(signature)), None)
    if message == _RAW:
        return PictureFormatRefused(_RAW, field="file")
    if start[:4] == b"RIFF":
        message = _NO_MEDIA
    return FileRefused(message, field="file") if message else FileRefused(field="file")


def _refusal_of_iso_media(content: bytes) -> FileRefused:
    """Return the refusal of a file of boxes (ISO 14496-12): its brand, or one that it is compatible with, tells its type."""
    size = int.from_bytes(content[:4])
    brands = [content[8:12], *(content[at : at + 4] for at in range(16, min(size, 128), 4))]
    if brands[0] in _AVIF_BRANDS or (brands[0] in _HEIC_BRANDS and set(_AVIF_BRANDS) & set(brands)):
        return FileRefused(
            translatable("This AVIF picture is damaged. Save it again, or as JPEG, and upload that."),
            field="file",
        )
    if brands[0] in _HEIC_BRANDS:
        return PictureFormatRefused(
            translatable(
                "Most browsers cannot show HEIC pictures. Save it as JPEG and upload that; on an iPhone, choose Settings > "
                "Camera > Formats > Most Compatible."
            ),
            field="file",
        )
    if brands[0] == b"crx ":
        return PictureFormatRefused(_RAW, field="file")
    return FileRefused(_NO_MEDIA, field="file")


def _is_unlike_text(signature: bytes) -> bool:
    """Return whether no text begins so: control characters, bytes that are not ASCII, or the marks of a format."""
    is_control = any(byte < 9 or 13 < byte < 32 for byte in signature)
    return is_control or sum(byte > 127 for byte in signature) >= 2 or signature in (b"{\\rtf", b"%!PS")


_UNLIKE_TEXT = frozenset(filter(_is_unlike_text, (*_PROGRAMS, *_OPENED_PICTURES, *_PICTURES, *_OTHERS)))
