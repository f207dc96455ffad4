"""Faces: the initials of names in all scripts, and colours that can be read."""

import json
import re
from math import cos, radians, sin
from pathlib import Path

import pytest

from core.actor import Actor
from members.accounts.erasure import FORMER_HANDLE
from members.profiles.initials import HUES, hue_of, initials_of
from members.shapes import Author
from pages.forum.post_html import who
from pages.shell.faces import NEUTRAL, face, face_of

ROOT = Path(__file__).parents[3]
# Names and their initials; tests/pages/static/people.test.js reads them, too.
NAMES = json.loads((ROOT / "tests/data/initials.json").read_text())
STYLES = ROOT / "pages/static/css/shell"


@pytest.mark.parametrize(("name", "initials"), NAMES)
def test_initials_are_what_readers_see_as_letters(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_a_name_and_its_initials_are_escaped() -> None:
    assert 'data-i="&lt;"' in face_of("ada", "<")


def test_screen_readers_leave_faces_out() -> None:
    for one in (face(Author(1, "ada", "Ada")), face(None)):
        assert re.fullmatch(r'<i class="face[^>]* aria-hidden="true"></i>', one)


def test_anonymous_authors_and_former_members_have_a_neutral_face() -> None:
    assert face(None) == face(Actor()) == face(Author(1, FORMER_HANDLE, "Former member")) == NEUTRAL
    assert NEUTRAL in who(None, {})


def test_a_new_name_leaves_the_colour() -> None:
    # As in tests/pages/static/people.test.js.
    assert [hue_of(handle) for handle in ("ada", "李明", "fatou-d", "amina_k")] == [7, 2, 0, 5]
    assert f"hue-{hue_of('ada')}" in face(Author(1, "ada", "Ada")) and f"hue-{hue_of('ada')}" in who(
        Author(1, "ada", "Countess"), {}
    )


def test_initials_are_legible_in_both_themes() -> None:
    hues = [int(found) for found in re.findall(r"--hue: (\d+);", (STYLES / "layers.css").read_text())]
    styles = (STYLES / "faces.css").read_text()
    papers, inks = (
        [
            (float(light), float(colour))
            for light, colour in re.findall(rf"--{name}: ([\d.]+) ([\d.]+);", styles)
        ]
        for name in ("face", "face-ink")
    )
    assert len(hues) == HUES and len(papers) == len(inks) == 2
    for hue in hues:
        for paper, ink in zip(papers, inks, strict=True):
            assert contrast(luminance(*paper, hue), luminance(*ink, hue)) >= 4.5, (hue, paper, ink)


def test_a_picture_takes_the_place_of_initials_and_is_decoration() -> None:
    ada = Author(1, "ada", "Ada", picture="0123456789abcdef")
    assert face(ada) == '<img class="face" src="/faces/0123456789abcdef-64.webp" alt="" loading="lazy">'
    assert "-192.webp" in face(ada, True)


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def luminance(lightness: float, chroma: float, hue: float) -> float:
    """Return the relative luminance (WCAG) of a colour in OKLCH, by the matrices of CSS Color 4."""
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(max(part, 0), 1) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
