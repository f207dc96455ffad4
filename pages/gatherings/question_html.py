"""The HTML of a room's question: votes, text, state, answer, and the available actions."""

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup, escape
from msgspec import UNSET, Struct

from core.languages.formats import ago_in, gap_in, number_in
from core.languages.texts import current_language, gettext, ngettext, pgettext
from forum.shapes import Post
from gatherings.shapes.questions import QUESTION_LENGTH, Question, Rank
from pages.forum.post_html import who
from pages.shell.dates import recent

VOTED = frozenset({"live", "shortlisted"})
_WAITING = frozenset({"pending", "live", "shortlisted"})


def state_labels() -> dict[str, tuple[str, str]]:
    """Return the CSS class and the label of each state; live questions have no label."""
    return {
        "pending": ("held", pgettext("question", "Waiting for approval")),
        "shortlisted": ("new", pgettext("question", "On the shortlist")),
        "on_stage": ("live", pgettext("question", "On stage")),
        "answered": ("done", pgettext("question", "Answered")),
        "dismissed": ("locked", pgettext("question", "Dismissed")),
        "merged": ("locked", pgettext("question", "Merged into another question")),
        "withdrawn": ("locked", pgettext("question", "Withdrawn")),
    }


def question_texts() -> dict[str, str]:
    """Return the texts of questions that the page's script needs too, with places for numbers in braces."""
    return {
        "anonymous": gettext("Anonymous"),
        "own_anonymous": gettext("Anonymous (you)"),
        "vote": pgettext("verb", "Vote"),
        # NOTE: On a button, after the reader has voted for a question.
        "voted": pgettext("button", "Voted"),
        "answered_in_writing": pgettext("question", "Answered in writing"),
        "next": pgettext("question", "Next"),
        # NOTE: Of the questions that will be asked next, this is the second, the third ...
        "place": gettext("Place %(place)s on the shortlist", place="{place}"),
        "answered": pgettext("verb", "Mark as answered"),
        "dismiss": pgettext("verb", "Dismiss"),
        "reopen": pgettext("verb", "Reopen"),
        "withdraw": pgettext("verb", "Withdraw"),
    }


class RoomPlace(Struct, frozen=True, kw_only=True):
    """The room in which questions are shown, and what the viewer can do there."""

    room: int
    topic: str
    may_vote: bool = False
    is_host: bool = False
    length: int = QUESTION_LENGTH
    groups: Mapping[str, str] = {}
    answers: Mapping[int, Post] = {}
    """The written answers, by post id."""
    lines: Mapping[int, int] = {}
    """The positions of shortlisted questions, starting at 1, by question id."""
    states: Mapping[str, tuple[str, str]] = msgspec.field(default_factory=state_labels)
    texts: Mapping[str, str] = msgspec.field(default_factory=question_texts)


def script_words(place: RoomPlace) -> str:
    """Return what the page's script needs to draw questions as JSON, so that both describe a question alike."""
    words = {"states": place.states, "voted": sorted(VOTED), "texts": place.texts}
    return msgspec.json.encode(words).decode()


def questions(found: Sequence[Question], place: RoomPlace) -> Markup:
    """Return questions as HTML, in the given order."""
    return Markup("".join(_question(question, place) for question in found))


def question(one: Question, place: RoomPlace) -> Markup:
    """Return one question as HTML."""
    return Markup(_question(one, place))


def asker(one: Question, groups: Mapping[str, str]) -> Markup:
    """Return the asker and the stakeholder group as HTML."""
    author = None if one.author is UNSET else one.author
    nobody = gettext("Anonymous (you)") if one.mine is True else gettext("Anonymous")
    return Markup(who(author, groups, str(escape(nobody))))


def change(one: Question, place: RoomPlace) -> Markup:
    """Return the form with which the asker edits a question that is waiting for approval."""
    return Markup(_change(one, place))


def why(rank: Rank, groups: Mapping[str, str]) -> Markup:
    """Explain the position of a question in the order "best", as HTML."""
    facts, sentences = rank.why, list[str]()
    if facts.voters:
        sentences.append(
            ngettext(
                "%(votes)s of %(num)s voter wants to hear this question.",
                "%(votes)s of %(num)s voters want to hear this question.",
                facts.voters,
                votes=_number(facts.votes),
            )
        )
    else:
        sentences.append(gettext("Nobody has voted yet."))
    sentences.append(_age(facts.age_minutes))
    if facts.balance > 1 and facts.group:
        # The names of groups are HTML.
        name = Markup(groups.get(facts.group) or escape(facts.group)).unescape()
        sentences.append(
            gettext("Nobody from %(group)s has been heard yet, so it counts a little more.", group=name)
        )
    return Markup(gap_in(current_language())).join(sentences)


def _age(minutes: int) -> str:
    if minutes < 1:
        return gettext("It was asked just now; newer questions count a little more.")
    # NOTE: %(ago)s is a length of time, such as "3 minutes ago" or "9 days ago".
    return gettext(
        "It was asked %(ago)s; newer questions count a little more.", ago=ago_in(current_language(), minutes)
    )


def _question(one: Question, place: RoomPlace) -> str:
    asked_at = recent(one.asked_at) if one.asked_at is not UNSET else ""
    html = one.html if one.html is not UNSET else ""
    balance = one.rank.why.balance if one.rank is not UNSET else 1
    return (
        f'<li class="asked {one.state}" id="q{one.id}" data-id="{one.id}" data-votes="{one.votes}"'
        f' data-version="{one.version}" data-state="{one.state}" data-place="{one.place or ""}"'
        f' data-balance="{balance}"{" data-mine" if one.mine is True else ""}>{_vote(one, place)}<div class="what">'
        f'<div class="said" dir="auto">{html}</div>'
        f'<p class="by">{asker(one, place.groups)}{asked_at}{_state(one, place)}</p>'
        f"{_reason(one)}{_answer(one, place)}</div>"
        f'<div class="can">{_can(one, place)}</div></li>'
    )


def _vote(one: Question, place: RoomPlace) -> str:
    if one.state == "pending":
        return '<span class="vote"></span>'
    if not place.may_vote or one.mine is True or one.state not in VOTED:
        noun = escape(_votes(one.votes))
        return f'<span class="vote"><b>{_number(one.votes)}</b> <span>{noun}</span></span>'
    mine = one.my_vote == 1
    return (
        f'<button class="vote" form="act" name="act" value="vote {one.id} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}"><b>{_number(one.votes)}</b> '
        f"<span>{escape(place.texts['voted' if mine else 'vote'])}</span></button>"
    )


def _number(number: int) -> str:
    return number_in(current_language(), number)


def _votes(number: int) -> str:
    # NOTE: Stands after its number.
    return ngettext("vote", "votes", number)


def _state(one: Question, place: RoomPlace) -> str:
    if one.state not in place.states:
        return ""
    look, word = place.states[one.state]
    if one.state == "shortlisted" and one.id in place.lines:
        number = place.lines[one.id]
        word = (
            place.texts["next"] if number == 1 else place.texts["place"].replace("{place}", _number(number))
        )
    if one.state == "answered" and one.answered_how == "writing":
        word = place.texts["answered_in_writing"]
    at = f" {recent(one.settled_at)}" if one.state == "answered" and one.settled_at else ""
    return f'<span class="state {look}">{escape(word)}{at}</span>'


def _reason(one: Question) -> str:
    if one.state != "dismissed" or not one.reason:
        return ""
    return f'<p class="reason" dir="auto">{escape(one.reason)}</p>'


def _answer(one: Question, place: RoomPlace) -> str:
    post = place.answers.get(one.answer_post or 0) if one.answer_post is not UNSET else None
    if post is None or post.html is None:
        return ""
    return (
        f'<div class="answer"><p class="by">{who(post.author, place.groups)}{recent(post.posted_at)}</p>'
        f'<div class="said" dir="auto">{post.html}</div></div>'
    )


def _can(one: Question, place: RoomPlace) -> str:
    reasons = topic = ""
    if one.number is not UNSET and one.state != "pending":
        topic = f'<a class="act in-topic" href="{place.topic}/{one.number}">{escape(pgettext("verb", "Discuss"))}</a>'
    if one.rank is not UNSET and one.state == "live":
        reasons = (
            f'<details class="why"><summary class="act">{escape(gettext("Why here?"))}</summary>'
            f"<p>{why(one.rank, place.groups)}</p></details>"
        )
    return f"{topic}{reasons}{_of_host(one, place)}{_of_asker(one, place)}"


def _of_host(one: Question, place: RoomPlace) -> str:
    if not place.is_host or one.state in ("pending", "withdrawn", "merged"):
        return ""
    if one.state in ("answered", "dismissed"):
        return _move(one, "live", place.texts["reopen"])
    word = escape(place.texts["dismiss"])
    dismiss = f'<a class="act" href="/r/{place.room}/host?form=dismiss&amp;q={one.id}#q{one.id}">{word}</a>'
    return f"{_move(one, 'answered', place.texts['answered'])}{dismiss}"


def _of_asker(one: Question, place: RoomPlace) -> str:
    if one.mine is not True or one.state not in _WAITING:
        return ""
    change = _change(one, place) if one.state == "pending" else ""
    return f"{_move(one, 'withdrawn', place.texts['withdraw'])}{change}"


def _change(one: Question, place: RoomPlace) -> str:
    edit, label, save = escape(gettext("Edit")), escape(gettext("Your question")), escape(gettext("Save"))
    return (
        f'<details class="change"><summary class="act">{edit}</summary><form class="composer" method="post"'
        f' action="/r/{place.room}/act"><label class="unseen" for="change-{one.id}">{label}</label>'
        f'<textarea id="change-{one.id}" name="body" rows="2" required dir="auto" maxlength="{place.length}">\n'
        f'{escape(one.body or "")}</textarea><div class="buttons"><button class="button first" name="act"'
        f' value="edit {one.id} {one.version}">{save}</button></div></form></details>'
    )


def _move(one: Question, state: str, word: str) -> str:
    return f'<button class="act" form="act" name="act" value="{state} {one.id} {one.version}">{escape(word)}</button>'
