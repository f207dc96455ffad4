"""The house rules that a program can check: layers, lengths, names, and the public list of refusals.

`make codes` adds what is new to docs/codes.txt.
"""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Refusal, code_of

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
CODES = ROOT / "docs" / "codes.txt"

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "base",
    "manager",
    "managers",
    "stuff",
    "lib",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Path, text and tree of every module of ours that is not a test or a benchmark."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text()
            yield str(path.relative_to(ROOT)), text, ast.parse(text)


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def refusals(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from refusals(each)


def all_codes() -> list[str]:
    """The code of every refusal that the service defines, once per definition."""
    for room in ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if ".migrations" not in module.name and not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    ours = {kind for kind in refusals() if kind.__module__.split(".")[0] in ROOMS and kind.__name__[0] != "_"}
    return sorted(code_of(kind) for kind in ours)


@pytest.mark.timeout(120)
def test_imports_point_down():
    linter = Path(sys.executable).with_name("lint-imports")

    linted = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert linted.returncode == 0, linted.stdout


def test_every_room_has_its_floor():
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = {room.strip() for layer in layers for room in layer.split("|") if "(" not in room}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}

    assert packages == rooms == set(ROOMS) == set(PROJECT["tool"]["importlinter"]["root_packages"])


def test_no_file_is_too_long():
    assert [f"{path} ({n})" for path, text, _ in modules() if (n := text.count("\n")) > LONGEST_FILE] == []


def test_no_function_is_too_long():
    assert [
        f"{path}:{node.lineno} {node.name} ({n})"
        for path, _, tree in modules()
        for node in functions(tree)
        if (n := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ] == []


def test_every_module_says_what_lives_there():
    assert [path for path, _, tree in modules() if not ast.get_docstring(tree)] == []


def test_no_module_has_a_name_that_says_nothing():
    assert [path for path, _, _ in modules() if Path(path).stem in SAY_NOTHING] == []


def test_everything_is_imported_at_the_top_and_for_all_to_see():
    hidden = [
        f"{path}:{node.lineno}"
        for path, _, tree in modules()
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []
    assert [path for path, text, _ in modules() if "TYPE_CHECKING" in text] == []
    assert [path for path, text, _ in modules() if "from __future__ import annotations" in text] == []


def test_no_statement_locks_rows_and_updates_some():
    """It would wait crosswise with others of its kind where rows that name these hold them: see forum/posts/insertion.py."""
    locks, updates = re.compile(r"FOR NO KEY UPDATE"), re.compile(r"\bUPDATE\s+\w+(\s+\w+)?\s+SET\b")

    assert [
        f"{path}:{node.lineno}"
        for path, _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if locks.search(node.value) and updates.search(node.value)
    ] == []


def test_the_public_group_and_open_topics_are_defined_once():
    """The database views and forum/visibility.py define them; every other statement uses these."""
    rule = re.compile(r"""'stakeholder_group' = ANY|any_\(\w+\.c\.public\)|readers\s*==?\s*['"]everyone""")
    places = {
        "forum/visibility.py": "the rule for statements of SQLAlchemy Core",
        "storage/migrations/": "the views",
    }

    assert [
        path for path, text, _ in modules() if rule.search(text) and not path.startswith(tuple(places))
    ] == []


def test_authorship_is_decided_once():
    """Comparisons of pseudonyms in Python are in members/pseudonyms.py, in constant time."""
    pseudonyms = re.compile(r"compare_digest\([^)]*(pseudonym|asked_as|mine)")

    assert [path for path, text, _ in modules() if pseudonyms.search(text)] == ["members/pseudonyms.py"]


_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH|JOIN|WHERE)\b")


def composes_sql(node: ast.AST) -> bool:
    """Return whether an expression puts SQL together from strings: f-string, `+`, `%`, format, replace or join."""
    if isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        parts: ast.AST = node.func
        if method not in ("format", "replace", "join"):
            return getattr(node.func, "id", "") in ("statement", "text") and any(
                isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in node.args
            )
    elif isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod)
    ):
        parts = node
    else:
        return False
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and _SQL.search(part.value)
        for part in ast.walk(parts)
    )


def test_no_statement_is_composed_from_strings():
    """Statements are complete literals or SQLAlchemy Core, so that they can be searched for and checked."""
    allowed = {
        "storage/embedded/postgres.py": "names of databases cannot be parameters",
        "storage/schema.py": "names of roles cannot be parameters",
    }

    assert {
        f"{path}:{node.lineno}"
        for path, _, tree in modules()
        if path not in allowed and not path.startswith("storage/migrations/")
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and composes_sql(node)
    } == set()


def test_actors_are_made_in_one_place():
    """Made by hand they would not know what their member was shut out of; visitors and stand-ins are in core/actor.py."""
    assert [
        f"{path}:{node.lineno}"
        for path, _, tree in modules()
        if path not in ("core/actor.py", "members/accounts/actors.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        if getattr(node.func, "id", getattr(node.func, "attr", None)) == "Actor"
    ] == []


def test_only_the_composition_root_reads_the_environment():
    assert [
        path for path, text, _ in modules() if "os.environ" in text and not path.startswith("tertulia/")
    ] == []


def test_every_refusal_has_its_own_code_and_all_are_in_the_public_list():
    codes = all_codes()

    assert [code for code, count in Counter(codes).items() if count > 1] == [], "one refusal, one place"
    listed = CODES.read_text().split()
    assert set(codes) - set(listed) == set(), "`make codes` adds them"
    # Clients depend on these for ever: a code whose refusal is gone still may not be used for something else.
    assert set(listed) - set(codes) == set(), "a public code is no longer defined"
    assert listed == sorted(listed)


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    assert "://" not in text
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==([^ ;\\]+)", text, re.M))


def test_what_is_tested_is_what_runs():
    runtime, tools = locked("requirements.lock"), locked("requirements-dev.lock")

    assert runtime.items() <= tools.items()
    wanted = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in PROJECT["project"]["dependencies"]}
    assert wanted <= set(runtime)


if __name__ == "__main__":
    before = CODES.read_text().split() if CODES.exists() else []
    CODES.write_text("\n".join(sorted({*before, *all_codes()})) + "\n")
