"""Text that mail programs wrap and mark: format=flowed (RFC 3676) and text/enriched (RFC 1896)."""

import re

MAX_DEPTH = 20

# Some programs put a blank between the marks, which the standard does not allow.
_QUOTE = re.compile(r"(?:>(?: (?=>))?)*")
_PARAMETER = re.compile(r"<(param|comment)>.{0,200}?</\1>", re.I | re.S)
_EXCERPT = re.compile(r"<(/?)excerpt>", re.I)
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
        new_depth = marks[0].count(">") if marks else 0
        # A blank was put in front of lines that begin with a blank, with ">" or with "From ".
        content = line[marks.end() if marks else 0 :].removeprefix(" ")
        is_signature = content == "-- "
        # An empty line ends a paragraph, also where the blank before it says something else.
        if pieces and not (is_open and new_depth == depth and content and not is_signature):
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
    pieces = _EXCERPT.split(text)
    lines: list[str] = []
    depth = 0
    for mark, piece in zip(["/", *pieces[1::2]], pieces[::2], strict=True):
        depth = min(max(0, depth + (-1 if mark else 1)), MAX_DEPTH)
        words = _ENRICHED_TAG.sub("", piece).replace("\0", "<")
        # Each excerpt is on lines of its own.
        words = words.strip() if len(pieces) > 1 else words
        lines += [f"{'>' * depth} {line}" if depth else line for line in words.split("\n")] if words else []
    return "\n".join(lines)
