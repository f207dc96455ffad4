"""Subjects of mails: prefixes of replies in the languages of mail programs, tags of lists, and titles of topics."""

import re

from core.visible import is_visible

# Prefixes that only mail programs write. Sources: the tables of Wikipedia's "List of email subject abbreviations" and the
# programs themselves (Outlook, Lotus Notes, Foxmail, QQ Mail).
_CERTAIN = (
    "re|aw|antw|antwort|sv|vs|vl|rép|rép|fw|fwd|wg|tr|rv|rif|odp|pd|ynt|ilt|yml|res|enc|doorst|atb|bls|továbbítás|vá|"
    "отв|ответ|ha|на|пересл|fs|trs|bal|απ|σχετ|πρθ|"
    "回复|回覆|答复|答覆|回應|回信|转发|轉寄|轉發|转寄|返信|転送|회신|답장|전달|"
    "رد|الرد|ردا|إعادة توجيه|تحويل|رد تلقائي|自动回复|自動回覆|自動返信|automatic reply|automatische antwort|"
    "réponse automatique|respuesta automática|resposta automática|автоматический ответ|vb|"
    "השב|תשובה|הועבר|ตอบ|ส่งต่อ|trả lời|chuyển tiếp|జవాబు|उत्तर|जवाब"
)
# Also words and abbreviations of titles, so they are cut from replies only.
_UNCERTAIN = "r|i|vs|vl|ha|на|fs|bal|pd|rif|trs|vá"
_COUNTER = r"\.?\s{0,9}(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3}|\*\d{1,3})?\s{0,9}[:：﹕]\s{0,9}"
_REPLY_PREFIX = re.compile(rf"[\s\u200e\u200f]{{0,9}}(?:{_CERTAIN}|{_UNCERTAIN}){_COUNTER}", re.I)
_CERTAIN_PREFIX = re.compile(
    rf"[\s\u200e\u200f]{{0,9}}(?:{'|'.join(p for p in _CERTAIN.split('|') if p not in _UNCERTAIN.split('|'))}){_COUNTER}",
    re.I,
)
# The tag of a list, or the mark of a filter.
_LIST_PREFIX = re.compile(r"\s{0,9}(?:\[[^\[\]]{1,60}\]|\*{2,9}[^*]{1,40}\*{2,9}|\{[^{}]{1,40}\})\s{0,9}")
# Mozilla and Pine write so that they forward a mail.
_FORWARDED = re.compile(r"\s*\[fwd:\s*(.*)\]\s*$|(.*\S)\s{1,9}\(fwd\)\s*$", re.I | re.S)
_SPACES = re.compile(r"\s+")


def normalize_subject(subject: str) -> str:
    """Return a subject as it is compared: without `Re:` and `[list]` prefixes, in lower case, with single spaces."""
    subject, _ = _strip_prefixes(subject)
    return _SPACES.sub(" ", subject).strip().casefold()


def is_reply_subject(subject: str) -> bool:
    """Return whether a subject has a reply prefix, such as `Re:` or `AW:`."""
    return _strip_prefixes(subject)[1]


def title_from_subject(subject: str, *, is_reply: bool = False) -> str:
    """Return the title of a topic for a subject: without reply prefixes, `(no subject)` if nothing visible is left.

    From a mail that replies to none, only those prefixes are cut that no author writes.
    """
    pattern = _REPLY_PREFIX if is_reply else _CERTAIN_PREFIX
    stripped = subject
    while prefix := pattern.match(stripped):
        stripped = stripped[prefix.end() :]
    return stripped.strip() if is_visible(stripped) else "(no subject)"


def _strip_prefixes(subject: str) -> tuple[str, bool]:
    is_reply = False
    if forwarded := _FORWARDED.match(subject):
        subject, is_reply = forwarded[1] or forwarded[2] or "", True
    while prefix := _REPLY_PREFIX.match(subject) or _LIST_PREFIX.match(subject):
        # A subject that is nothing but `[word]` keeps it.
        if prefix.end() == len(subject) and prefix.re is _LIST_PREFIX:
            break
        is_reply = is_reply or prefix.re is _REPLY_PREFIX
        subject = subject[prefix.end() :]
    return subject, is_reply
