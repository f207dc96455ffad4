"""Where things are: sizes of folders and files, circles of folders, names of statements, and which tests import what."""

import ast
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[2]

MOST_FILES, MOST_TEMPLATES = 20, 24
LONGEST_TEMPLATE_LINE = 125
LONGEST_PAGE_FILE = 300
PRODUCT = (
    "core",
    "storage",
    "members",
    "forum",
    "community",
    "gatherings",
    "boards",
    "moderation",
    "personal_data",
    "administration",
    "realtime",
    "pages",
    "serving",
    "tertulia",
)
# Entry points join the sub-folders of a capability. Nothing inside imports them, so they count as a folder of their own.
ENTRY_POINTS = re.compile(
    r"^(members|forum|community|gatherings|boards|moderation|administration|pages)"
    r"/(routes\w*|channels\w*|event_handlers|scheduled_jobs|personal_data|snapshot)\.py$"
)
# The composition root: everything at its top but these is an entry point.
COMPOSITION_ROOT = re.compile(r"^tertulia/(?!settings|logs|community|translators)\w+\.py$")
VAGUE = {
    "_ALL",
    "_COUNT",
    "_FIND",
    "_FORGET",
    "_GET",
    "_HOLD",
    "_KEEP",
    "_ONE",
    "_READ",
    "_SHOW",
    "_TAKE",
    "_TELL",
}


def tracked(*endings: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\n") if name.endswith(endings) and (ROOT / name).exists()]


def product_modules() -> Iterator[tuple[str, ast.Module]]:
    for name in tracked(".py"):
        if name.split("/")[0] in PRODUCT:
            yield name, ast.parse((ROOT / name).read_text())


def imported_files(tree: ast.Module, modules: dict[str, str]) -> Iterator[str]:
    """Files of ours that a module imports, whether it names the module or something in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found = modules.get(f"{node.module}.{alias.name}") or modules.get(node.module)
                if found:
                    yield found


def folder_of(name: str) -> str:
    folder = str(PurePath(name).parent)
    return f"{folder} (entry points)" if ENTRY_POINTS.match(name) or COMPOSITION_ROOT.match(name) else folder


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """Folders from which arrows lead back to themselves."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(arrows.get(start, ()))
        while waiting:
            folder = waiting.pop()
            if folder not in seen:
                seen.add(folder)
                waiting += arrows.get(folder, ())
        return seen

    return sorted(folder for folder in arrows if folder in reach(folder))


def test_no_folder_holds_too_many_files():
    counted = Counter(
        str(PurePath(name).parent)
        for name in tracked(".py", ".html", ".js", ".css")
        if not name.endswith("__init__.py") and "/migrations/versions/" not in name
    )

    assert {
        folder: count
        for folder, count in counted.items()
        if count > (MOST_TEMPLATES if "templates" in folder else MOST_FILES)
    } == {}


def test_folders_do_not_import_each_other_in_a_circle():
    parsed = dict(product_modules())
    modules = {name[:-3].removesuffix("/__init__").replace("/", "."): name for name in parsed}
    arrows: dict[str, set[str]] = defaultdict(set)
    for name, tree in parsed.items():
        for other in imported_files(tree, modules):
            if folder_of(name) != folder_of(other):
                arrows[folder_of(name)].add(folder_of(other))

    assert len(arrows) > 50
    assert circles(arrows) == []


def test_pages_scripts_and_styles_can_be_reviewed():
    long_lines = [
        f"{name}:{number} ({len(line)})"
        for name in tracked(".html")
        for number, line in enumerate((ROOT / name).read_text().split("\n"), 1)
        if len(line) > LONGEST_TEMPLATE_LINE
    ]
    long_files = [
        f"{name} ({lines})"
        for name in tracked(".html", ".js", ".css")
        if (lines := (ROOT / name).read_text().count("\n")) > LONGEST_PAGE_FILE
    ]

    assert long_lines == []
    assert long_files == []


def test_no_test_module_imports_from_another():
    assert [
        f"{name}:{number}"
        for name in tracked(".py")
        if name.startswith("tests/")
        for number, line in enumerate((ROOT / name).read_text().split("\n"), 1)
        if re.match(r"(from|import) tests\.(\w+\.)*test_\w+", line)
    ] == []


def test_tests_mirror_the_tree():
    of_their_own = {
        "tests",
        "tests/proofs",
        "tests/support",
        "tests/deploy",
        "tests/bench",
        "tests/pages/static",
    }
    folders = {str(PurePath(name).parent) for name in tracked(".py", ".js") if name.startswith("tests/")}

    assert [
        folder
        for folder in sorted(folders - of_their_own)
        if not folder.startswith("tests/support/") and not (ROOT / folder.removeprefix("tests/")).is_dir()
    ] == []


def test_statements_can_be_found_by_name():
    vague = [
        f"{name}:{node.lineno} {target.id}"
        for name, tree in product_modules()
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in VAGUE
    ]

    assert vague == []


def test_docstrings_can_be_read_alone():
    lines = [
        f"{name}:{getattr(node, 'lineno', 1)}"
        for name, tree in product_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and re.match(r"The same\b|(?i:whoever)\b", ast.get_docstring(node) or "")
    ]

    assert lines == []
