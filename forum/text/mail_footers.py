"""Footers that mailing lists and their hosts add below a mail: addresses of the list, how to unsubscribe."""

import re

MAX_FOOTER_LINES = 14

# What the import writes below a mail about its attachments: one of them, or how many there are besides.
ATTACHMENT_NOTE = "[{}: attached to the mail, not kept here]"
MORE_ATTACHMENTS_NOTE = "[{} more attachments, not kept here]"
_NOTE = re.compile(
    "|".join(
        re.escape(note).replace(r"\{\}", ".{1,200}") + "$"
        for note in (ATTACHMENT_NOTE, MORE_ATTACHMENTS_NOTE)
    )
)
_RULE = re.compile(r"[ \t]*(?:_{10,}|-{10,}|={10,}|\*{10,}|--|- ?- ?- ?-[ -]*)[ \t]*$")
_START_WITHOUT_RULE = re.compile(
    r"You received this message because you are subscribed to |To unsubscribe from this (?:group|list|topic)|"
    r"(?:This|Sent from the) .{1,80}mailing list archive at ",
    re.I,
)
_LIST_WORDS = re.compile(
    r"mailing[ -]?list|mailman/(?:listinfo|options)|listinfo|list-?serv|unsubscribe|subscribe at|"
    r"google groups|groups\.google|lists?\.[\w-]+\.\w+|/lists/|"
    r"mailinglist|liste de diffusion|lista de (?:correo|discussão|e-mails)|désabonner|désinscri|"
    r"abmelden|abbestellen|cancelar (?:la )?(?:suscripción|subscrição|inscrição)|darse de baja|отписаться|退订|取消订阅|"
    r"قائمة بريدية|إلغاء الاشتراك|archives?: https?://|majordomo",
    re.I,
)


def split_footer(text: str) -> tuple[str, str]:
    """Return the text without the footers at its end, and the footers; "" if there is none.

    A footer begins with a rule, or with a sentence that only list software writes, and says how to use the list.
    """
    lines = text.rstrip().split("\n")
    notes = len(lines)
    while notes and (not lines[notes - 1].strip() or _NOTE.match(lines[notes - 1])):
        notes -= 1
    end = notes
    while (start := _footer_start(lines[:end])) is not None:
        end = start
        while end and not lines[end - 1].strip():
            end -= 1
    if end == notes:
        return text, ""
    kept = lines[:end] + (["", *lines[notes:]] if notes < len(lines) else [])
    return "\n".join(kept), "\n".join(lines[end:notes]).strip("\n")


def _footer_start(lines: list[str]) -> int | None:
    # The lowest rule whose following lines are few and name the list. Quoted footers belong to their quote.
    first = max(0, len(lines) - MAX_FOOTER_LINES)
    for at in range(len(lines) - 1, first - 1, -1):
        line = lines[at]
        if line.lstrip().startswith(">"):
            return None
        is_start = _RULE.match(line) or _START_WITHOUT_RULE.match(line)
        if is_start and _LIST_WORDS.search("\n".join(lines[at:])):
            return at - 1 if at and _RULE.match(lines[at - 1]) else at
    return None
