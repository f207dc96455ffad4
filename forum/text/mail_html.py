"""Plain e-mail text as HTML: quotes and forwarded mails collapsed, signatures and footers marked, prose flowing.

All text is escaped and the only tags are those written here and in `mail_paragraphs`, in the form that the sanitizer
produces: sanitizing the result changes nothing.
"""

import re
from collections.abc import Iterator

from forum.text.direction import set_directions
from forum.text.mail_footers import split_footer
from forum.text.mail_paragraphs import escape, paragraphs, wrap_width
from forum.text.sanitizer import Rendered

MAX_QUOTE_DEPTH = 8
MAX_FORWARD_DEPTH = 6
# A quote of up to this many lines is shown expanded.
EXPANDED_LINES = 6

# How the import of mails marks an enclosed mail; between these lines are its header, a blank line and its text.
FORWARDED_BEGIN = "---------- Forwarded message ----------"
FORWARDED_END = "---------- End of forwarded message ----------"

_QUOTED_LINE = re.compile(r"[ \t]{0,3}((?:>[ \t]?)+)(.*)")
_ATTRIBUTION_START = re.compile(
    r"\s*(?:on|am|le|el|il|em|op|at|in|quoting|den|dnia|în|у|в)\b|\s*(?:在|于|於|في|בתאריך)", re.I
)
_WROTE = (
    "wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|kirjoitti|napsal|napisał|a scris|пишет|писала?|"
    "написала?|写道|寫道|كتب|yazdı|のメール"
)
_ATTRIBUTION = re.compile(
    rf".{{3,200}}(?:{_WROTE}).{{0,120}}[:：]\s*$|\s*\d{{4}}(?:年|\D)\d\d?(?:月|\D)\d\d?.{{3,160}}[:：]\s*$",
    re.I | re.S,
)
_FORWARDED = (
    "original message|ursprüngliche nachricht|message d'origine|mensaje original|mensagem original|messaggio originale|"
    "forwarded (?:message|by.{0,80})|weitergeleitete nachricht|message transféré|mensaje reenviado|mensagem encaminhada|"
    "messaggio inoltrato|исходное сообщение|пересылаемое сообщение|原始邮件|原始郵件|转发的?邮件|转发邮件信息|轉寄的?郵件|"
    "الرسالة الأصلية"
)
_FORWARD_SEPARATOR = re.compile(
    rf"\s*-{{3,}}\s*(?:{_FORWARDED})\s*-{{3,}}\s*$|\s*begin forwarded message:\s*$", re.I
)
# Outlook writes a rule above the header of the mail that is answered; a rule alone is a rule.
_RULE = re.compile(r"\s*_{30,}\s*$")
_HEADER_LINE = re.compile(r"\s*\**(?:from|von|de|da|van|från|от|发件人|寄件者|من)\s*:\**\s*\S", re.I)
# What else Outlook writes below the line with the author.
_FURTHER_HEADER_LINE = re.compile(
    r"\s*\**(?:sent|date|subject|to|cc|gesendet|datum|betreff|an|envoyé|objet|à|enviado(?: el| em)?|fecha|data|asunto|"
    r"assunto|para|发送时间|发件时间|日期|收件人|主题|寄件日期|收件者|主旨|отправлено|дата|кому|тема)\s*[:：]\**\s*\S",
    re.I,
)
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def render_mail(text: str) -> Rendered:
    """Render the plain text of an e-mail as safe HTML."""
    text = _CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).expandtabs(8)
    text, footer = split_footer(text)
    lines = text.split("\n")
    width = wrap_width(lines)
    html = "".join(_blocks(lines, width, 0))
    return Rendered(set_directions(html + _signature(footer.split("\n"), 0)))


def _blocks(lines: list[str], width: int, depth: int) -> Iterator[str]:
    # `text` collects the lines of the author's own text up to the next quote, signature or forwarded message.
    text: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        html: Iterator[str] | list[str]
        if _QUOTED_LINE.match(line):
            end = _end_of_quote(lines, at)
            attribution = _pop_attribution(text)
            html = [_quote(attribution, lines[at:end], width)]
        elif line.strip() == "--":
            end = _end_of_signature(lines, at + 1)
            html = [_signature(lines[at + 1 : end], width)]
        elif line == FORWARDED_BEGIN and depth < MAX_FORWARD_DEPTH and (end := _end_of_enclosed(lines, at)):
            html = [_enclosed_mail(lines[at + 1 : end - 1], width, depth)]
        elif _is_header_of_quote(lines, at):
            end = len(lines)
            html = [_forwarded_message("", lines[at:], width)]
        elif _FORWARD_SEPARATOR.match(line) or _is_rule_above_header(lines, at):
            end = len(lines)
            html = [_forwarded_message(line, lines[at + 1 :], width)]
        else:
            text.append(line)
            at += 1
            continue
        yield from paragraphs(text, width)
        yield from html
        text = []
        at = end
    yield from paragraphs(text, width)


def _is_rule_above_header(lines: list[str], at: int) -> bool:
    return bool(_RULE.match(lines[at])) and any(_HEADER_LINE.match(line) for line in lines[at + 1 : at + 3])


def _is_header_of_quote(lines: list[str], at: int) -> bool:
    # Outlook without a rule: the author in the first line of a paragraph, and two more fields below it.
    is_first = at > 0 and not lines[at - 1].strip() and bool(_HEADER_LINE.match(lines[at]))
    return is_first and sum(bool(_FURTHER_HEADER_LINE.match(line)) for line in lines[at + 1 : at + 5]) >= 2


def _pop_attribution(text: list[str]) -> str:
    # "On Monday, NAME wrote:", on one line or two, belongs to the quote that follows.
    while text and not text[-1].strip():
        text.pop()
    for count in (2, 1):
        words = " ".join(text[-count:])
        if count == 2 and not (len(text) > 1 and _ATTRIBUTION_START.match(text[-2])):
            continue
        if _ATTRIBUTION.match(words):
            del text[-count:]
            return words.strip()
    return ""


def _end_of_quote(lines: list[str], at: int) -> int:
    end = at + 1
    while end < len(lines):
        if _QUOTED_LINE.match(lines[end]):
            end += 1
        elif not lines[end].strip() and end + 1 < len(lines) and _QUOTED_LINE.match(lines[end + 1]):
            end += 2
        else:
            break
    return end


def _end_of_signature(lines: list[str], at: int) -> int:
    # People who write their reply above the quote also sign above it, so the signature ends where a quote starts.
    while (
        at < len(lines)
        and not _QUOTED_LINE.match(lines[at])
        and not _ATTRIBUTION.fullmatch(lines[at])
        and lines[at] not in (FORWARDED_BEGIN, FORWARDED_END)
        and not lines[at].startswith("[")
    ):
        at += 1
    return at


def _end_of_enclosed(lines: list[str], at: int) -> int:
    depth = 0
    for end in range(at, len(lines)):
        depth += (lines[end] == FORWARDED_BEGIN) - (lines[end] == FORWARDED_END)
        if depth == 0:
            return end + 1
    return 0


def _signature(lines: list[str], width: int) -> str:
    inner = "".join(paragraphs(lines, width))
    return f'<div class="signature">{inner}</div>\n' if inner else ""


def _enclosed_mail(lines: list[str], width: int, depth: int) -> str:
    blank = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
    inner = "".join(_blocks(lines[blank + 1 :], width, depth + 1))
    title = " · ".join(line.partition(": ")[2] for line in lines[:blank])
    return _details(title or "Forwarded message", inner, is_open=True)


def _forwarded_message(separator: str, lines: list[str], width: int) -> str:
    inner = "".join(paragraphs([line.lstrip("> ") for line in lines], width))
    title = separator.strip(" -_\t") or "Quoted text"
    return _details(title, inner, is_open=False) if inner else ""


def _quote(attribution: str, lines: list[str], width: int) -> str:
    inner: list[str] = []
    depth = 0
    passage: list[str] = []
    for line in lines:
        quoted = _QUOTED_LINE.match(line)
        new_depth = min(quoted[1].count(">"), MAX_QUOTE_DEPTH) if quoted else depth
        if new_depth != depth:
            inner.extend(paragraphs(passage, width))
            passage = []
            inner.append("<blockquote>" * (new_depth - depth) + "</blockquote>" * (depth - new_depth))
            depth = new_depth
        passage.append(quoted[2] if quoted else "")
    inner.extend(paragraphs(passage, width))
    inner.append("</blockquote>" * depth)
    return _details(attribution or "Quoted text", "".join(inner), is_open=len(lines) <= EXPANDED_LINES)


def _details(title: str, inner: str, *, is_open: bool) -> str:
    open_attribute = ' open=""' if is_open else ""
    return f'<details class="quoted"{open_attribute}><summary>{escape(title)}</summary>{inner}</details>\n'
