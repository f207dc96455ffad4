"""The table of keyboard shortcuts: one meaning for each key, and no script that knows a key of its own."""

import re
from pathlib import Path

import pytest

from core.languages.texts import speaking
from pages.keyboard.shortcuts import (
    EVERYWHERE,
    SHORTCUTS,
    SURFACES,
    Shortcut,
    by_key,
    key_of,
    page_keys,
    shortcut_lists,
)
from tests.support.languages.pseudo import ACCENTED

SCRIPTS = Path(__file__).parents[3] / "pages" / "static" / "js"
TEMPLATES = Path(__file__).parents[3] / "pages" / "templates"
# The only script that looks at what a key is called.
KEYS = SCRIPTS / "shell" / "keys.js"
# What is read from the event of a key, by the name that scripts give such an event.
_LITERAL = re.compile(
    r"\b(?:key|event|press|pressed|keydown|down)\.(?:key|code|keyCode|which)\b"
    r'|"(?:Escape|Enter|Tab|Arrow(?:Up|Down|Left|Right)|PageUp|PageDown|Backspace)"'
)
_LISTENS = re.compile(r"\blisten\(\s*(\{.*?\n\}|\{[^}]*\}|[A-Z]+)\s*\)", re.DOTALL)
_ACTION_IN_TABLE = re.compile(r"(?:[{,]|^)\s*(\w+)(?:: |,$)", re.MULTILINE)
_COMPARED = re.compile(r'\bactionOf\(\w+\) [!=]== "(\w+)"|\bkeyOf\("(\w+)"\)|\bbuttonOf\("(\w+)"\)')
ACTIONS = {one.action for one in SHORTCUTS}


def scripts() -> dict[str, str]:
    return {
        path.relative_to(SCRIPTS).as_posix(): path.read_text()
        for path in sorted(SCRIPTS.rglob("*.js"))
        if path != KEYS
    }


def test_a_key_does_one_thing_only() -> None:
    keys = by_key(SHORTCUTS)
    assert {one.action for one in keys.values()} == ACTIONS
    assert sum(len(one.keys) for one in SHORTCUTS) == len(keys)
    # What people know from elsewhere.
    known = {
        "j": "next", "k": "previous", "o": "open", "r": "reply", "e": "edit", "/": "search", "?": "shortcuts",
        "z": "undo", "u": "undo", "Escape": "close",
    }  # fmt: skip
    assert {key: keys[key].action for key in known} == known


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Shortcut("jump", ("j",), {"topic": "jump"}), "the key j would do two things: next and jump"),
        (Shortcut("next", ("y",), {"topic": "next"}), "the action next needs one line"),
        (Shortcut("jump", ("y",), {"nowhere": "jump"}), "the action jump needs one line"),
        (Shortcut("jump", ("y",), {}), "the action jump needs one line"),
    ],
)
def test_a_table_with_a_conflict_is_refused(wrong: Shortcut, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        by_key([*SHORTCUTS, wrong])


def test_no_script_has_a_key_of_its_own() -> None:
    found = {name: _LITERAL.findall(text) for name, text in scripts().items() if _LITERAL.search(text)}
    assert found == {}
    importing = [
        name for name, text in scripts().items() if re.search(r"import \{[^}]*\bnameOf\b[^}]*keys\.js", text)
    ]
    assert importing == []
    assert _LITERAL.search('if (key.key === "x")') and _LITERAL.search('{ "Escape": close }')


def test_scripts_name_actions_of_the_table() -> None:
    named = set()
    for name, text in scripts().items():
        for table in _LISTENS.findall(text):
            source = table
            if table.isupper():
                source = re.search(rf"const {table} = (\{{.*?\n\}});", text, re.DOTALL)[1]  # type: ignore[index]
            actions = {action for action in _ACTION_IN_TABLE.findall(source) if action != "const"}
            assert actions and actions <= ACTIONS, f"{name}: {actions - ACTIONS}"
            named |= actions
        compared = {action for found in _COMPARED.findall(text) for action in found if action}
        assert compared <= ACTIONS, f"{name}: {compared - ACTIONS}"
        named |= compared
    # The cockpit and the menu of names have their actions in lists of their own.
    assert {"next", "previous", "open", "reply", "undo", "search", "shortcuts", "close", "send"} <= named


def test_pages_name_surfaces_of_the_table_and_carry_their_keys_only() -> None:
    named = set()
    for path in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r'{% set surface = "(\w+)" %}', path.read_text()))
    assert named == SURFACES.keys() - {EVERYWHERE, "writing"}
    assert "undo=z,u" in page_keys("queue").split() and "reply=" not in page_keys("queue")
    assert "search=/" in page_keys("").split() and "next=" not in page_keys("")
    with pytest.raises(ValueError, match="no surface is called nowhere"):
        page_keys("nowhere")
    assert all(one.keys[0] == key_of(one.action) for one in SHORTCUTS)


def test_the_lists_speak_the_language_of_the_page() -> None:
    with speaking(ACCENTED):
        lists = shortcut_lists()
    assert [surface for surface, _, _ in lists] == list(SURFACES)
    said = [name for _, name, _ in lists] + [line.does for _, _, lines in lists for line in lines]
    assert len(said) > 40
    assert all(text.startswith("⟦") and text.endswith("⟧") for text in said), said
