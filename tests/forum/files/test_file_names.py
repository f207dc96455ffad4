"""Names of uploaded files in all scripts, as they are stored and as downloads are called."""

import pytest

from core.http import ascii_name, content_disposition
from forum.files.file_names import PROGRAM_EXTENSIONS, clean_file_name, has_extension


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("report.pdf", "report.pdf"),
        ("دليل العناية.txt", "دليل العناية.txt"),
        ("指南.pdf", "指南.pdf"),
        ("मार्गदर्शिका.docx", "मार्गदर्शिका.docx"),
        ("re\u0301seau.csv", "réseau.csv"),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
        ("👩\u200d🔬.png", "👩\u200d🔬.png"),
        ("a/b\\c:d*e?f\"g<h>i|j.txt", "a-b-c-d-e-f-g-h-i-j.txt"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil- 1.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\u200b\ufeffb.txt", "ab.txt"),
        ("CON.txt", "_CON.txt"),
        ("lpt1", "_lpt1"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("COM1 .txt", "_COM1 .txt"),
        ("COM².txt", "_COM².txt"),
        ("conin$", "_conin$"),
        ("\u3000\u200b.txt", "file.txt"),
        (".docx", "file.docx"),
        ("\u0301" * 3 + ".pdf", "file.pdf"),
        ("a" + "\u0301" * 200 + ".txt", "file.txt"),
        ("  ..name.. ", "name"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("\u200b\u2800", "file"),
        ("v1.2 final version", "v1.2 final version"),
    ],
)  # fmt: skip
def test_a_name_is_kept_in_its_script_and_can_be_saved_everywhere(given: str, stored: str) -> None:
    assert clean_file_name(given) == stored
    assert clean_file_name(stored) == stored


@pytest.mark.parametrize("letter", ["a", "é", "中", "ม้", "👩\u200d🔬", "e\u0301\u0323"])
def test_a_long_name_keeps_its_ending_and_whole_characters(letter: str) -> None:
    cut = clean_file_name(letter * 300 + ".docx")

    assert len(cut.encode()) <= 255 and cut.endswith(".docx")
    whole = clean_file_name(letter)
    assert cut.removesuffix(".docx").replace(whole, "") == "", "no character is cut"


@pytest.mark.parametrize(
    ("name", "plain", "encoded"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ("دليل.txt", "file.txt", "%D8%AF%D9%84%D9%8A%D9%84.txt"),
        ("指南.pdf", "file.pdf", "%E6%8C%87%E5%8D%97.pdf"),
        ("réseau d’or.csv", "reseau-d-or.csv", "r%C3%A9seau%20d%E2%80%99or.csv"),
        ("50% “sure”.txt", "50---sure.txt", "50%25%20%E2%80%9Csure%E2%80%9D.txt"),
        ("it's (1).txt", "it-s--1.txt", "it%27s%20%281%29.txt"),
    ],
)
def test_a_download_is_called_as_the_file(name: str, plain: str, encoded: str) -> None:
    assert ascii_name(name) == plain
    header = content_disposition("attachment", name)
    assert header == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


@pytest.mark.parametrize("name", ["a.exe", "a.PS1", "a.jpg.bat", "指南.scr", "x.vbs"])
def test_extensions_of_programs_are_known(name: str) -> None:
    assert has_extension(name, PROGRAM_EXTENSIONS)
    assert not has_extension(name + ".txt", PROGRAM_EXTENSIONS)
