"""The colour of links and buttons: the hue and strength of a colour that somebody chose, in a lightness that can be read."""

import math
import re

from msgspec import Struct

# The lightness on light and on dark pages, of links and of what the mouse is over.
LIGHT, LIGHT_OVER = 0.43, 0.35
DARK, DARK_OVER = 0.8, 0.87
# A stronger colour would leave what screens can show, and then be another one.
STRONGEST = 0.1

_HEX = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")


class Tint(Struct, frozen=True):
    """The hue (0 to 360) and the chroma of a colour in OKLCH."""

    hue: float
    chroma: float


def tint_of(colour: str) -> Tint:
    """Return the hue and the chroma of a colour such as `#1a6b5c`."""
    match = _HEX.fullmatch(colour)
    assert match, colour
    red, green, blue = (_linear(int(part, 16) / 255) for part in match.groups())
    # The matrices of https://bottosson.github.io/posts/oklab/.
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Tint(round(math.degrees(math.atan2(b, a)) % 360, 1), round(min(math.hypot(a, b), STRONGEST), 4))


def luminance(lightness: float, tint: Tint) -> float:
    """Return the relative luminance (WCAG) of the tint in a lightness, as a screen shows it."""
    a = tint.chroma * math.cos(math.radians(tint.hue))
    b = tint.chroma * math.sin(math.radians(tint.hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """Return the contrast (WCAG) of two luminances, from 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def style_of(colour: str) -> str:
    """Return the style sheet that gives links and buttons this colour."""
    tint = tint_of(colour)
    light = _tokens(tint, LIGHT, LIGHT_OVER, 0.99, (0.945, 0.3))
    dark = _tokens(tint, DARK, DARK_OVER, 0.2, (0.29, 0.4))
    return f"@layer tokens{{:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}}}"


def _tokens(tint: Tint, accent: float, over: float, on: float, wash: tuple[float, float]) -> str:
    hue, chroma = tint.hue, tint.chroma
    return (
        f"--accent:oklch({accent} {chroma} {hue});--accent-deep:oklch({over} {chroma:.4f} {hue});"
        f"--on-accent:oklch({on} {chroma / 10:.4f} {hue});--wash:oklch({wash[0]} {chroma * wash[1]:.4f} {hue})"
    )


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
