"""Colours: whichever somebody chooses, links and buttons can be read on light and dark pages."""

from itertools import product

from community.settings.colours import (
    DARK,
    DARK_OVER,
    LIGHT,
    LIGHT_OVER,
    Tint,
    contrast,
    luminance,
    style_of,
    tint_of,
)

# The paper and the raised parts of pages (pages/static/css/shell/layers.css), which have almost no colour.
GREY = Tint(0, 0)
LIGHT_PAGES, DARK_PAGES = (0.985, 0.945), (0.195, 0.29)


def test_every_colour_can_be_read() -> None:
    for parts in product(("00", "40", "80", "c0", "ff"), repeat=3):
        tint = tint_of("#" + "".join(parts))
        for page, accent in (
            *product(LIGHT_PAGES, (LIGHT, LIGHT_OVER)),
            *product(DARK_PAGES, (DARK, DARK_OVER)),
        ):
            found = contrast(luminance(accent, tint), luminance(page, GREY))
            assert found >= 4.5, (parts, page, accent, found)


def test_a_colour_keeps_its_hue() -> None:
    assert 20 < tint_of("#ff0000").hue < 40
    assert 255 < tint_of("#0000ff").hue < 275
    assert tint_of("#808080").chroma < 0.001
    assert "oklch(0.43 0.1 29.2)" in style_of("#ff0000")
