"""Scripts with all that they import, so that a page asks for one file and not for thirty.

The scripts are modules that import each other; nothing is built before the service starts. In a bundle each module is a
function that runs once per page, whichever bundles bring it, and leaves what it exports in `globalThis.scripts`:

    once("shell/steps.js", () => {
      const { find } = scripts["shell/page.js"];
      ...
      return { goTo, inHand };
    });

The last line exports what the module exports, so that `import()` of a bundle is as good as that of its module. A module that
others load later with `import()` comes without what all of them have loaded before.

This is not a bundler for any JavaScript: `tests/pages/shell/assets/test_bundles.py` keeps scripts to what it understands.
"""

import re
from collections.abc import Mapping
from functools import cache
from posixpath import dirname, join, normpath, relpath

# Exports are functions, classes and constants, so that nobody sees an old value of something that changes later.
EXPORT = re.compile(r"^export (?=(?:async )?function\*? (\w+)|const (\w+) =|class (\w+))", re.MULTILINE)
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.{1,2}/[^"]+)";$', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(\.{1,2}/[^"]+)"\)')
_START = (
    "const scripts = (globalThis.scripts ??= {});\nconst once = (name, run) => (scripts[name] ??= run());\n"
)


class Bundles:
    """The bundles of modules, given by their names, such as "shell/page.js", and their sources."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.modules = modules
        self.imports = {name: _addressed(IMPORT, 2, name, source) for name, source in modules.items()}
        self.later = {name: _addressed(_LATER, 1, name, source) for name, source in modules.items()}
        self.needed = cache(self._needed)
        self.loaded_before = cache(self._loaded_before)

    def bundle(self, name: str) -> str:
        """Return the script that is sent for a module; raise KeyError for the name of none."""
        before = self.loaded_before(name)
        parts = [self._part(part, dirname(name)) for part in self.needed(name) if part not in before]
        exported = ", ".join(_exports(self.modules[name]))
        last = f'export const {{ {exported} }} = scripts["{name}"];\n' if exported else ""
        return _START + "".join(parts) + last

    def _needed(self, name: str) -> tuple[str, ...]:
        """Return a module and all that it imports, each after what it imports itself."""
        found: dict[str, None] = {}
        for imported in self.imports[name]:
            found |= dict.fromkeys(self.needed(imported))
        return *found, name

    def _loaded_before(self, name: str) -> frozenset[str]:
        """Return what a page has certainly loaded when it asks for this module: nothing, unless only `import()` does."""
        loaded = [self._loaded_with(asker) for asker in self.modules if name in self.later[asker]]
        return frozenset.intersection(*loaded) if loaded else frozenset()

    def _loaded_with(self, asker: str) -> frozenset[str]:
        """Return what is certainly loaded when this module runs."""
        is_part = any(asker in imported for imported in self.imports.values())
        return frozenset(self.needed(asker)) | (frozenset() if is_part else self.loaded_before(asker))

    def _part(self, name: str, folder: str) -> str:
        """Return a module as a part of a bundle whose address is in this folder."""

        def take(found: re.Match[str]) -> str:
            taken, path = found.groups()
            if taken is None:
                return ""
            return f'const {{{taken.replace(" as ", ": ")}}} = scripts["{_resolved(name, path)}"];'

        def later(found: re.Match[str]) -> str:
            path = relpath(_resolved(name, found[1]), folder)
            return f'import("{path if path.startswith(".") else f"./{path}"}")'

        source = self.modules[name]
        body = EXPORT.sub("", _LATER.sub(later, IMPORT.sub(take, source)))
        return f'once("{name}", () => {{\n{body}\nreturn {{ {", ".join(_exports(source))} }};\n}});\n'


def _exports(source: str) -> list[str]:
    return [next(filter(None, names)) for names in EXPORT.findall(source)]


def _addressed(pattern: re.Pattern[str], group: int, name: str, source: str) -> list[str]:
    return [_resolved(name, found[group]) for found in pattern.finditer(source)]


def _resolved(name: str, path: str) -> str:
    return normpath(join(dirname(name), path))
