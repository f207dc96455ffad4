"""Bar charts as SVG, drawn without scripts; each is shown with a table of the same numbers."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from core.languages.formats import number_in
from core.languages.texts import current_language, gettext

_WIDTH, _ROW, _LABEL, _NUMBER = 640, 30, 230, 50
_MONTHS, _TALL = 640, 160


def bars(title: str, counted: Sequence[tuple[str, int]]) -> Markup:
    """Draw a horizontal bar for each name and number; the longest bar fills the width."""
    most = max((count for _, count in counted), default=0) or 1
    room = _WIDTH - _LABEL - _NUMBER
    drawn = [
        f'<text x="{_LABEL - 8}" y="{y + 19}" text-anchor="end">{escape(_short(name))}</text>'
        f'<rect x="{_LABEL}" y="{y + 5}" width="{max(count / most * room, 2):.1f}" height="{_ROW - 10}" rx="3"/>'
        f'<text x="{_LABEL + count / most * room + 6:.1f}" y="{y + 19}" class="n">{_number(count)}</text>'
        for y, (name, count) in zip(range(0, _ROW * len(counted), _ROW), counted, strict=True)
    ]
    return _svg(title, _WIDTH, _ROW * len(counted), "".join(drawn))


def columns(title: str, counted: Sequence[tuple[str, int]]) -> Markup:
    """Draw a vertical bar for each name and number, such as months; only the first and the last are labelled."""
    most = max((count for _, count in counted), default=0) or 1
    wide = min(_MONTHS / max(len(counted), 1), 60)
    foot = _TALL - 24
    drawn = [
        f'<rect x="{place * wide + 1:.1f}" y="{foot - count / most * (foot - 20):.1f}" width="{max(wide - 2, 1):.1f}"'
        f' height="{count / most * (foot - 20):.1f}" rx="2"/>'
        f'<text x="{place * wide + wide / 2:.1f}" y="{foot - count / most * (foot - 20) - 5:.1f}" text-anchor="middle"'
        f' class="n">{_number(count) if wide > 18 else ""}</text>'
        for place, (_, count) in enumerate(counted)
    ]
    ends = [(0, "start"), (len(counted) - 1, "end")] if len(counted) > 1 else [(0, "start")][: len(counted)]
    named = [
        f'<text x="{place * wide + (wide if anchor == "end" else 0):.1f}" y="{_TALL - 6}" text-anchor="{anchor}">'
        f"{escape(counted[place][0])}</text>"
        for place, anchor in ends
    ]
    return _svg(title, _MONTHS, _TALL, "".join([*drawn, *named]))


def _svg(title: str, width: int, height: int, inner: str) -> Markup:
    said = escape(gettext("%(title)s: the table shows the same numbers", title=title))
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {max(height, 1)}" role="img" aria-label="{said}"><g>{inner}</g></svg>'
    )


def _number(count: int) -> str:
    return number_in(current_language(), count)


def _short(name: str) -> str:
    return name if len(name) <= 32 else name[:31] + "…"
