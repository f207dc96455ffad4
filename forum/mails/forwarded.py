"""Mails inside a mail, as text that keeps who said what: between two lines, with author, date and subject above."""

from forum.mails.authors import find_author
from forum.mails.header_fields import HeaderFields
from forum.mails.lines import to_line
from forum.text.mail_html import FORWARDED_BEGIN, FORWARDED_END


def forwarded_block(header: HeaderFields, text: str) -> str:
    """Return an enclosed mail as text; the renderer shows such blocks with their author."""
    facts = [
        ("From", find_author(header, "").shown_name()),
        ("Date", to_line(header.decoded("date"), 100)),
        ("Subject", to_line(header.decoded("subject"), 300)),
    ]
    head = "\n".join(f"{name}: {value}" for name, value in facts if value)
    return f"{FORWARDED_BEGIN}\n{head}\n\n{text}\n{FORWARDED_END}"
