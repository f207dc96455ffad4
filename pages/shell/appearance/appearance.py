"""The appearance that somebody chose in a browser, and what it changes in style sheets."""

import re
from typing import Self

from msgspec import Struct

from core.languages.texts import translatable

THEMES = {
    "system": translatable("As on this device"),
    "light": translatable("Always light"),
    "dark": translatable("Always dark"),
}
SIZES = {
    "normal": translatable("Normal text"),
    "large": translatable("Large text"),
    "largest": translatable("Very large text"),
}
DENSITIES = {
    "roomy": translatable("Space between posts"),
    "dense": translatable("Posts close together, for long topics"),
}
COOKIE = "appearance"

# Of the browser's own size, 16 px unless somebody changed it; base.css has the first.
_PERCENT = {"normal": "106.25%", "large": "118.75%", "largest": "137.5%"}
_CODE = re.compile(rf"({'|'.join(THEMES)})\.({'|'.join(SIZES)})(?:\.(dense))?")
_DARK_ONLY = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_SCHEME = re.compile(r"color-scheme:\s*light dark")


class Appearance(Struct, frozen=True):
    """A theme of THEMES, a size of text of SIZES and a density of posts of DENSITIES."""

    theme: str = "system"
    size: str = "normal"
    density: str = "roomy"

    @classmethod
    def from_code(cls, code: str) -> Self:
        """Return the appearance that has this code, or the usual one for any other text."""
        found = _CODE.fullmatch(code)
        return cls(*found.groups("roomy")) if found else cls()

    @property
    def code(self) -> str:
        """The appearance as a word for cookies and addresses, such as "dark.large" or "dark.large.dense", and empty for
        the usual one."""
        dense = ".dense" if self.density == "dense" else ""
        return "" if self == Appearance() else f"{self.theme}.{self.size}{dense}"

    @property
    def schemes(self) -> str:
        """The colour schemes that a page in this theme supports, as CSS names them."""
        return "light dark" if self.theme == "system" else self.theme

    def apply(self, style_sheet: str) -> str:
        """Return a style sheet in this appearance: a chosen theme takes the place of what the device prefers."""
        if self.theme != "system":
            wanted = "@media all" if self.theme == "dark" else "@media not all"
            style_sheet = _DARK_ONLY.sub(wanted, style_sheet)
            style_sheet = _SCHEME.sub(f"color-scheme: {self.theme}", style_sheet)
        return style_sheet.replace(_PERCENT["normal"], _PERCENT[self.size])
