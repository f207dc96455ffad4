"""The HTML of a room's question: votes, text, state, answer, and the available actions."""

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup, escape
from msgspec import UNSET, Struct

from forum.shapes import Post
from gatherings.shapes.questions import QUESTION_LENGTH, Question, Rank
from pages.forum.post_html import ANONYMOUS, who
from pages.shell.dates import recent

# The CSS class and the label of each state; live questions have no label.
STATES = {
    "pending": ("held", "Waiting for approval"),
    "shortlisted": ("new", "On the shortlist"),
    "on_stage": ("live", "On stage"),
    "answered": ("done", "Answered"),
    "dismissed": ("locked", "Dismissed"),
    "merged": ("locked", "Merged into another question"),
    "withdrawn": ("locked", "Withdrawn"),
}
VOTED = frozenset({"live", "shortlisted"})
TEXTS = {
    "anonymous": ANONYMOUS,
    "own_anonymous": "Anonymous (you)",
    "one_vote": "vote",
    "votes": "votes",
    "vote": "Vote",
    "voted": "Voted",
    "answered_in_writing": "Answered in writing",
    "next": "Next",
    "place": "Place {place} on the shortlist",
    "answered": "Mark as answered",
    "dismiss": "Dismiss",
    "reopen": "Reopen",
    "withdraw": "Withdraw",
}
# What the page's script needs to draw questions, so that both describe a question alike.
SCRIPT_WORDS = msgspec.json.encode({"states": STATES, "voted": sorted(VOTED), "texts": TEXTS}).decode()
_WAITING = frozenset({"pending", "live", "shortlisted"})


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


def questions(found: Sequence[Question], place: RoomPlace) -> Markup:
    """Return questions as HTML, in the given order."""
    return Markup("".join(_question(question, place) for question in found))


def question(one: Question, place: RoomPlace) -> Markup:
    """Return one question as HTML."""
    return Markup(_question(one, place))


def asker(one: Question, groups: Mapping[str, str]) -> Markup:
    """Return the asker and the stakeholder group as HTML."""
    author = None if one.author is UNSET else one.author
    return Markup(who(author, groups, TEXTS["own_anonymous" if one.mine is True else "anonymous"]))


def change(one: Question, place: RoomPlace) -> Markup:
    """Return the form with which the asker edits a question that is waiting for approval."""
    return Markup(_change(one, place))


def why(rank: Rank, groups: Mapping[str, str]) -> Markup:
    """Explain the position of a question in the order "best", as HTML."""
    facts = rank.why
    wanted = (
        "Nobody has voted yet"
        if not facts.voters
        else f"{facts.votes} of {facts.voters} voters want to hear this question"
    )
    age = "just now" if facts.age_minutes < 1 else f"{facts.age_minutes} min ago"
    words = f"{wanted}. It was asked {age}; newer questions count a little more."
    if facts.balance > 1 and facts.group:
        name = groups.get(facts.group) or str(escape(facts.group))
        words += f" Nobody from {name} has been heard yet, so it counts a little more."
    return Markup(words)


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
        noun = TEXTS["one_vote" if one.votes == 1 else "votes"]
        return f'<span class="vote"><b>{one.votes}</b> <span>{noun}</span></span>'
    mine = one.my_vote == 1
    return (
        f'<button class="vote" form="act" name="act" value="vote {one.id} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}"><b>{one.votes}</b> '
        f"<span>{TEXTS['voted' if mine else 'vote']}</span></button>"
    )


def _state(one: Question, place: RoomPlace) -> str:
    if one.state not in STATES:
        return ""
    look, word = STATES[one.state]
    if one.state == "shortlisted" and one.id in place.lines:
        number = place.lines[one.id]
        word = TEXTS["next"] if number == 1 else TEXTS["place"].format(place=number)
    if one.state == "answered" and one.answered_how == "writing":
        word = TEXTS["answered_in_writing"]
    at = f" {recent(one.settled_at)}" if one.state == "answered" and one.settled_at else ""
    return f'<span class="state {look}">{word}{at}</span>'


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
        topic = f'<a class="act in-topic" href="{place.topic}/{one.number}">Discuss</a>'
    if one.rank is not UNSET and one.state == "live":
        reasons = (
            '<details class="why"><summary class="act">Why here?</summary>'
            f"<p>{why(one.rank, place.groups)}</p></details>"
        )
    return f"{topic}{reasons}{_of_host(one, place)}{_of_asker(one, place)}"


def _of_host(one: Question, place: RoomPlace) -> str:
    if not place.is_host or one.state in ("pending", "withdrawn", "merged"):
        return ""
    if one.state in ("answered", "dismissed"):
        return _move(one, "live", TEXTS["reopen"])
    dismiss = f'<a class="act" href="/r/{place.room}/host?form=dismiss&amp;q={one.id}#q{one.id}">{TEXTS["dismiss"]}</a>'
    return f"{_move(one, 'answered', TEXTS['answered'])}{dismiss}"


def _of_asker(one: Question, place: RoomPlace) -> str:
    if one.mine is not True or one.state not in _WAITING:
        return ""
    change = _change(one, place) if one.state == "pending" else ""
    return f"{_move(one, 'withdrawn', TEXTS['withdraw'])}{change}"


def _change(one: Question, place: RoomPlace) -> str:
    return (
        f'<details class="change"><summary class="act">Edit</summary><form class="composer" method="post"'
        f' action="/r/{place.room}/act"><label class="unseen" for="change-{one.id}">Your question</label>'
        f'<textarea id="change-{one.id}" name="body" rows="2" required dir="auto" maxlength="{place.length}">\n'
        f'{escape(one.body or "")}</textarea><div class="buttons"><button class="button first" name="act"'
        f' value="edit {one.id} {one.version}">Save</button></div></form></details>'
    )


def _move(one: Question, state: str, word: str) -> str:
    return f'<button class="act" form="act" name="act" value="{state} {one.id} {one.version}">{word}</button>'
