"""Text that mail programs wrap and mark: format=flowed (RFC 3676) and text/enriched (RFC 1896)."""

import re

_QUOTE = re.compile(r">*")
_PARAMETER = re.compile(r"<param>.{0,2000}?</param>", re.I | re.S)
_ENRICHED_TAG = re.compile(r"</?[a-z][a-z0-9-]{0,59}>", re.I)
_RICHTEXT_BREAK = re.compile(r"<(?:nl|np)>", re.I)
_LINE_BREAKS = re.compile(r"\n+")


def unflow(text: str, *, delete_space: bool) -> str:
    """Return format=flowed text with one line for each paragraph; `delete_space` is its parameter DelSp."""
    lines: list[str] = []
    pieces: list[str] = []
    depth = 0
    is_open = False
    for line in text.replace("\r\n", "\n").split("\n"):
        marks = _QUOTE.match(line)
        new_depth = marks.end() if marks else 0
        # A blank was put in front of lines that begin with a blank, with ">" or with "From ".
        content = line[new_depth:].removeprefix(" ")
        is_signature = content == "-- "
        if pieces and not (is_open and new_depth == depth and not is_signature):
            lines.append(_quoted(depth, pieces))
            pieces = []
        is_open = content.endswith(" ") and not is_signature
        depth = new_depth
        pieces.append(content[:-1] if is_open and delete_space else content)
    lines.append(_quoted(depth, pieces))
    return "\n".join(lines)


def _quoted(depth: int, pieces: list[str]) -> str:
    content = "".join(pieces)
    content = content if content == "-- " else content.rstrip(" ")
    return f"{'>' * depth} {content}" if depth else content


def enriched_to_text(text: str, *, is_richtext: bool) -> str:
    """Return the words of text/enriched, or of its predecessor text/richtext (RFC 1341), without the formatting."""
    text = _PARAMETER.sub("", text.replace("\r\n", "\n"))
    if is_richtext:
        text = _RICHTEXT_BREAK.sub("\n", text.replace("\n", " ")).replace("<lt>", "\0")
    else:
        # One line break is a blank, and each further one a line break.
        text = _LINE_BREAKS.sub(lambda run: "\n" * (len(run[0]) - 1) or " ", text.replace("<<", "\0"))
    return _ENRICHED_TAG.sub("", text).replace("\0", "<")
