"""The documents name only what exists, and use the words of the glossary."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.support.languages.messages import found_texts
from tests.support.source_code import all_refusals

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "docs" / "decisions")
    for path in folder.glob("*.md")
    if path.name != "CHANGELOG.md"
)
# Recipes show files and functions that a reader is about to create; the folders of the files exist.
EXAMPLES = re.compile(r"(?<![a-z])stars?(?![a-z])|starchanged|toomanystars|NNNN|xx\.toml")
PATTERNS = re.compile(r"<|\*|\.\.\.")
# A path inside one of these is written without them in a recipe about pages.
SHORT_ROOTS = ("", "pages/templates/", "pages/static/js/")
GLOSSARY = ROOT / "docs" / "glossary.md"
# Where the retired words are looked for: what people read, and what names modules.
CHECKED = re.compile(r"\.(md|html)$")


def paths_in(text: str) -> set[str]:
    """Paths of files and folders named in `backticks`: they contain a slash, and no address starts them."""
    quoted = re.findall(r"`([\w.-]+(?:/[\w.*<>-]+)*/?)`", text)
    existing = {path.rpartition("/")[0] if EXAMPLES.search(path) else path for path in quoted}
    return {path for path in existing if "/" in path and not PATTERNS.search(path)}


def calls_in(text: str) -> set[str]:
    """Names of functions and classes that are called in `backticks` or in Python blocks."""
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    quoted = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    found = re.findall(r"(?<!def )\b([A-Za-z]\w+)\(", "\n".join([*blocks, *quoted]))
    return {name for name in found if not EXAMPLES.search(name.lower())}


def links_in(text: str) -> set[str]:
    """Targets of links to other files, without fragments."""
    targets = re.findall(r"\]\(([^)#]+)", text)
    return {target for target in targets if "://" not in target and not target.startswith("/")}


def top_folders() -> set[str]:
    return {path.name for path in ROOT.iterdir() if path.is_dir()}


def retired_words() -> dict[str, str]:
    """The words of the glossary's last table that must not be used, with what to say instead."""
    table = GLOSSARY.read_text().partition("## Words we do not use")[2]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.M)
    return {
        word.strip(): better.strip()
        for words, better in rows
        for word in words.split(",")
        if word.strip() not in ("not", "---")
    }


def abuse_cases() -> dict[str, list[str]]:
    """The tests of each abuse case in docs/reliability.md, as `path::function`."""
    table = (ROOT / "docs" / "reliability.md").read_text().partition("\n## Abuse cases\n")[2]
    rows = re.findall(r"^\| (A\d\d) \|.*\|([^|]*)\|$", table.partition("\n## ")[0], re.M)
    return {case: re.findall(r"`([^`]+)`", tests) for case, tests in rows}


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.split("\n")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_what_exists(path: Path):
    text = path.read_text()
    folders = top_folders()

    named = {one for one in paths_in(text) if one.split("/")[0] in folders}
    assert [
        one for one in sorted(named) if not any((ROOT / root / one).exists() for root in SHORT_ROOTS)
    ] == []
    assert [one for one in sorted(links_in(text)) if not (path.parent / one).exists()] == []


def test_functions_that_the_recipes_call_exist():
    code = "\n".join((ROOT / name).read_text() for name in tracked() if name.endswith(".py"))

    called = calls_in((ROOT / "docs" / "developing.md").read_text())
    assert len(called) > 10
    assert [
        name
        for name in sorted(called)
        if not re.search(rf"\b(?:def|class|import) {name}\b|^    {name},$|^{name} = ", code, re.M)
    ] == []


def test_every_term_of_the_glossary_has_a_place_and_one_row():
    rows = re.findall(r"^\| ([^|]+) \|.*$", GLOSSARY.read_text().partition("## Words we do not use")[0], re.M)
    terms = [row.strip() for row in rows if row.strip() not in ("term", "---")]

    assert len(terms) > 60
    assert [term for term in terms if terms.count(term) > 1] == []


@pytest.mark.parametrize(("word", "better"), retired_words().items())
def test_documents_and_pages_do_not_use_retired_words(word: str, better: str):
    found = re.compile(rf"(?<![\w/-]){re.escape(word)}s?(?![\w/-])", re.I)

    used = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in tracked()
        if CHECKED.search(name) and name != "docs/glossary.md"
        for number, line in enumerate((ROOT / name).read_text().split("\n"), 1)
        # Names in code and addresses stay as they are: `letters_in`, /letters.
        if found.search(re.sub(r"`[^`]*`|\{[{%].*?[%}]\}|(?:class|id|href|name|action)=\"[^\"]*\"", "", line))
    ]

    assert used == [], f"say “{better}” instead of “{word}”"


@cache
def texts_of_the_interface() -> frozenset[str]:
    """Every text of pages, refusals, scripts and e-mails, in English and without its placeholders."""
    messages = [message if isinstance(message, tuple) else (message,) for _, message, _, _ in found_texts()]
    return frozenset(re.sub(r"%\(\w+\)s", "", text) for forms in messages for text in forms)


@pytest.mark.parametrize(("word", "better"), retired_words().items())
def test_texts_of_the_interface_do_not_use_retired_words(word: str, better: str):
    found = re.compile(rf"(?<![\w/-]){re.escape(word)}s?(?![\w/-])", re.I)

    used = [text for text in texts_of_the_interface() if found.search(text)]

    assert used == [], f"say “{better}” instead of “{word}”"


def test_refusals_name_things_as_the_pages_do():
    code_only = re.compile(r"(?<![\w-])(?:boards?|gatherings?|verbs?|actors?)(?![\w-])", re.I)

    assert [kind.message for kind in all_refusals() if code_only.search(kind.message)] == []


@pytest.mark.parametrize("word", sorted(retired_words()))
def test_no_module_is_named_by_a_retired_word(word: str):
    assert [
        name for name in tracked() if name.endswith(".py") and Path(name).stem in (word, f"{word}s")
    ] == []


def test_every_abuse_case_names_tests_that_exist():
    cases = abuse_cases()

    assert list(cases) == [f"A{number:02}" for number in range(1, 46)]
    assert [case for case, tests in cases.items() if not tests] == []
    named = {(case, *test.split("::")) for case, tests in cases.items() for test in tests}
    assert [
        (case, path, name)
        for case, path, name in sorted(named)
        if not re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(), re.M)
    ] == []
