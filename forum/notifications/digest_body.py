"""The body of a digest as plain text and as HTML, with the sentences of the inbox.

The HTML has no pictures: loading them would tell when somebody reads the e-mail.
"""

from collections.abc import Sequence

from markupsafe import Markup, escape
from msgspec import Struct

from core.languages.texts import speaking
from forum.notifications.lines import Line, group_lines, name_of, sentence_of
from forum.notifications.notifications import BOOKMARKED, POST_KINDS
from forum.notifications.shapes import Notification
from members.accounts.erasure import FORMER_HANDLE
from members.emails.translations import Translations
from members.profiles.initials import hue_of, initials_of
from members.shapes import Author

# Paper and ink of the faces in light, by hue, as in faces.css: mail programs know no OKLCH.
_COLOURS = (
    ("#cce9cc", "#18491c"),
    ("#c1e6fd", "#004365"),
    ("#fbd8c1", "#602d00"),
    ("#ead7f9", "#4b2e60"),
    ("#ffd4cf", "#642724"),
    ("#e7e1bb", "#483d00"),
    ("#d5deff", "#30376c"),
    ("#baebe7", "#004b48"),
)
_NOBODY = ("#e2e1df", "#5a5957")
_FACE = Markup(
    '<td style="padding-inline-end:12px;vertical-align:top"><div aria-hidden="true" style="width:36px;line-height:36px;'
    'border-radius:18px;text-align:center;font-weight:600;font-size:14px;background:{};color:{}">{}</div></td>'
)
_PAGE = Markup(
    '<!DOCTYPE html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{subject}</title></head>'
    '<body style="margin:0;padding:16px;font:16px/1.5 sans-serif"><div style="max-width:36em">'
    "<p>{greeting}</p>{lines}{links}<p>{community}</p></div></body></html>\n"
)


class DigestBody(Struct, frozen=True):
    """What a digest says: to whom, in which language and time zone, from which address, and what happened."""

    words: Translations
    zone: str
    url: str
    lines: Sequence[Line]

    def text(self) -> str:
        """Return the lines as plain text."""
        parts = []
        for line in self.lines:
            parts.append("\n".join([self._sentence(line), *([line.reason] if line.reason else [])]))
            parts += [f"{self._fact(one)}\n{self.url}{path_of(one)}" for one in line.items[::-1]]
        return "\n\n".join(parts)

    def html(self, subject: str, greeting: str, links: Sequence[tuple[str, str]], community: str) -> str:
        """Return the whole e-mail as HTML; `links` are sentences with the address in each."""
        spoken = self.words.spoken
        return str(
            _PAGE.format(
                lang=spoken.lang,
                direction=spoken.direction,
                subject=subject,
                greeting=greeting,
                lines=Markup().join(self._row(line) for line in self.lines),
                links=Markup().join(
                    Markup('<p style="font-size:13px">{}</p>').format(_linked(text, link))
                    for text, link in links
                ),
                community=community,
            )
        )

    def _sentence(self, line: Line) -> str:
        with speaking(self.words.spoken):
            return sentence_of(line, name_of(line), line.latest.title, line.latest.reason)

    def _row(self, line: Line) -> Markup:
        with speaking(self.words.spoken):
            name = Markup("<b><bdi>{}</bdi></b>").format(name_of(line))
            title = Markup('<a href="{}{}"><bdi>{}</bdi></a>').format(
                self.url, path_of(line.target), line.latest.title
            )
            sentence = Markup(sentence_of(line, name, title, escape(line.latest.reason)))
        facts = [
            Markup(
                '<p dir="auto" style="margin:6px 0 0">{}</p>'
                '<p style="margin:0;font-size:13px"><a href="{}{}">{}</a></p>'
            ).format(_excerpt_of(one), self.url, path_of(one), self._when(one))
            for one in line.items[::-1]
        ]
        reason = (
            Markup('<p style="margin:4px 0;font-size:13px">{}</p>').format(line.reason) if line.reason else ""
        )
        return Markup(
            '<table role="presentation" style="margin:0 0 16px"><tr>{}<td>'
            '<p style="margin:0" dir="auto">{}</p>{}{}</td></tr></table>'
        ).format(_face_of(line.people[0]), sentence, Markup().join(facts), reason)

    def _when(self, notification: Notification) -> str:
        if notification.starts_at is None:
            return self.words.moment(notification.told_at, self.zone)
        return self.words.translate(
            "told.gathering", moment=self.words.moment(notification.starts_at, self.zone)
        )

    def _fact(self, notification: Notification) -> str:
        excerpt = _excerpt_of(notification)
        return f"{self._when(notification)}: {excerpt}" if excerpt else self._when(notification)


def lines_in_order(notifications: Sequence[Notification]) -> list[Line]:
    """Return notifications as lines, the earliest first."""
    return [line for group in group_lines(notifications[::-1]) for line in group][::-1]


def path_of(notification: Notification) -> str:
    """Return the path of what a notification is about."""
    if notification.kind == "answered":
        return f"/t/{notification.topic}/room/{notification.number}"
    if notification.decision:
        return f"/decisions/{notification.decision}"
    if notification.gathering:
        return f"/g/{notification.gathering}"
    return f"/p/{notification.post}" if notification.post else f"/t/{notification.topic}"


def _excerpt_of(notification: Notification) -> str:
    # Only texts of posts are quoted; other texts are read on the page.
    is_quoted = notification.kind in (*POST_KINDS, "found", BOOKMARKED)
    return notification.excerpt or "" if is_quoted else ""


def _face_of(person: Author | None) -> Markup:
    if person is None or person.handle == FORMER_HANDLE:
        return _FACE.format(*_NOBODY, "·")
    return _FACE.format(*_COLOURS[hue_of(person.handle)], initials_of(person.display_name))


def _linked(text: str, link: str) -> Markup:
    before, _, after = text.partition(link)
    return Markup('{}<a href="{}">{}</a>{}').format(before, link, link, escape(after))
