"""The project's own source code, read for tests of its rules: modules, functions, and the codes of refusals.

`python -m tests.support.source_code` (`make codes`) adds the codes of new refusals to docs/codes.txt.
"""

import ast
import importlib
import pkgutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

from core.errors import Refusal, code_of

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
CODES = ROOT / "docs" / "codes.txt"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Yield path, text and syntax tree of every module except tests and benchmarks."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text()
            yield str(path.relative_to(ROOT)), text, ast.parse(text)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function in a syntax tree, also methods and nested functions."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def import_all_modules() -> None:
    """Import every module of the product, but for migrations and commands."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name and not module.name.endswith(".__main__"):
                importlib.import_module(module.name)


def all_refusals() -> set[type[Refusal]]:
    """Import every module; return all classes of refusals."""
    import_all_modules()
    # A set, because a class with two bases that are refusals is found twice.
    return {
        kind
        for kind in _refusals(Refusal)
        if kind.__module__.split(".")[0] in PACKAGES and kind.__name__[0] != "_"
    }


def all_codes() -> list[str]:
    """Return the codes of all refusals, sorted, one for each class that defines one."""
    return sorted(code_of(kind) for kind in all_refusals())


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from _refusals(each)


if __name__ == "__main__":
    before = CODES.read_text().split() if CODES.exists() else []
    CODES.write_text("\n".join(sorted({*before, *all_codes()})) + "\n")
