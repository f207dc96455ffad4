"""Fields for text take the direction of what is typed; fields for handles and addresses are always left to right."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "pages" / "templates"
_FIELD = re.compile(r"<(?:textarea|input)\b(?:[^>{]|\{\{.*?\}\}|\{%.*?%\})*>", re.S)
_NO_TEXT = re.compile(
    r'type="(?:hidden|checkbox|color|radio|file|number|password|date|datetime-local)"|type="\{\{ "radio"|inputmode="numeric"'
)


def test_every_field_for_text_has_a_direction() -> None:
    fields = {
        f"{path.relative_to(TEMPLATES)}: {field[0]}"
        for path in TEMPLATES.rglob("*.html")
        for field in _FIELD.finditer(path.read_text())
        if not _NO_TEXT.search(field[0])
    }

    assert len(fields) > 40
    assert not {field for field in fields if 'dir="' not in field}


def test_cells_of_tables_have_the_direction_of_the_page() -> None:
    """A cell in another direction would be padded on the other side, and its text would touch that of the next one."""
    cells = [
        f"{path.relative_to(TEMPLATES)}: {cell}"
        for path in TEMPLATES.rglob("*.html")
        for cell in re.findall(r'<t[dh]\b[^>]*\bdir="[^>]*>', path.read_text())
    ]
    assert not cells, "put a text of a member into a bdi element"
