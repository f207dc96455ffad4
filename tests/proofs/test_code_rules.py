"""Rules about the source code: layers, lengths, names, SQL, and the public list of codes of refusals."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source_code import CODES, PACKAGES, PROJECT, ROOT, all_codes, functions, modules

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
LONGEST_TEMPLATE_LINE = 125
VAGUE_NAMES = {
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


@pytest.mark.timeout(120)
def test_imports_follow_the_layers():
    """Slow: import-linter reads every module without its cache."""
    linter = Path(sys.executable).with_name("lint-imports")

    linted = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert linted.returncode == 0, linted.stdout


def test_every_package_is_in_a_layer_and_in_the_wheel():
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    layered = {package.strip() for layer in layers for package in layer.split("|") if "(" not in package}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}

    assert packages == layered == set(PACKAGES) == set(PROJECT["tool"]["importlinter"]["root_packages"])


def test_no_file_is_too_long():
    assert [f"{path} ({n})" for path, text, _ in modules() if (n := text.count("\n")) > LONGEST_FILE] == []


def test_no_line_of_a_template_is_too_long():
    templates = ROOT / "pages" / "templates"
    assert [
        f"{path.relative_to(ROOT)}:{number} ({len(line)})"
        for path in sorted(templates.rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST_TEMPLATE_LINE
    ] == []


def test_no_function_is_too_long():
    assert [
        f"{path}:{node.lineno} {node.name} ({n})"
        for path, _, tree in modules()
        for node in functions(tree)
        if (n := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ] == []


def test_every_module_has_a_docstring():
    assert [path for path, _, tree in modules() if not ast.get_docstring(tree)] == []


def test_no_module_has_a_vague_name():
    assert [path for path, _, _ in modules() if Path(path).stem in VAGUE_NAMES] == []


def test_imports_are_at_the_top_of_modules():
    in_functions = [
        f"{path}:{node.lineno}"
        for path, _, tree in modules()
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert in_functions == []
    assert [path for path, text, _ in modules() if "TYPE_CHECKING" in text] == []
    assert [path for path, text, _ in modules() if "from __future__ import annotations" in text] == []


def test_no_statement_both_locks_and_updates_rows():
    """Two such statements can deadlock when rows with foreign keys hold locks on the rows; see forum/posts/insertion.py."""
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


def _composes_sql(node: ast.AST) -> bool:
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
        if isinstance(node, ast.expr) and _composes_sql(node)
    } == set()


def _statements(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the statements that a module defines, without a leading underscore."""
    for node in tree.body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and getattr(value.func, "id", "") in ("statement", "text"):
                yield target.id.lstrip("_")


def test_no_two_modules_define_a_statement_of_the_same_name():
    """A search for the name of a statement finds its definition and its uses, and nothing else."""
    places: dict[str, list[str]] = {}
    for path, _, tree in modules():
        if not path.startswith("storage/migrations/"):
            for name in _statements(tree):
                places.setdefault(name, []).append(path)

    assert len(places) > 300, "the statements were not found"
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_scripts_that_draw_contributions_contain_no_words():
    """The server's templates and their `data-words` describe a post, question, notice or card, for pages and scripts; what
    only scripts say is marked for translation."""
    scripts = ROOT / "pages" / "static" / "js"
    drawing = [scripts / "forum" / "posts.js", *sorted((scripts / "gatherings" / "host").glob("*.js"))]
    drawing += [
        scripts / "gatherings" / f"{name}.js"
        for name in ("notices", "noticeboard", "questions", "stage_view")
    ]
    marked = re.compile(r'\b[np]?gettext\((?:\s*"(?:[^"\\\n]|\\.)*",?)+')
    comment, literal = re.compile(r"^\s*(//|\*|/\*).*$", re.M), re.compile(r""""([^"\n]*)"|`([^`]*)`""")
    words = re.compile(r"^\W*[A-Z][a-z]+(?!-)\b|\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")

    assert [
        f"{path.name}: {text}"
        for path in drawing
        for quoted, template in literal.findall(marked.sub("", comment.sub("", path.read_text())))
        if words.search(text := quoted or template) and text not in ("Enter", "Escape")
    ] == []


def test_only_two_modules_make_actors():
    """An actor made elsewhere would lack the member's restrictions."""
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


def test_refusals_have_unique_codes_in_the_public_list():
    codes = all_codes()

    assert [code for code, count in Counter(codes).items() if count > 1] == [], "two refusals share a code"
    listed = CODES.read_text().split()
    assert set(codes) - set(listed) == set(), "`make codes` adds them"
    # Clients depend on codes: a listed code must not disappear or get another meaning.
    assert set(listed) - set(codes) == set(), "a public code is no longer defined"
    assert listed == sorted(listed)


def _locked_versions(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    assert "://" not in text
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==([^ ;\\]+)", text, re.M))


def test_tests_and_production_use_the_same_package_versions():
    runtime, tools = _locked_versions("requirements.lock"), _locked_versions("requirements-dev.lock")

    assert runtime.items() <= tools.items()
    wanted = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in PROJECT["project"]["dependencies"]}
    assert wanted <= set(runtime)
