"""How a question of a room looks: how many want to hear it, what it asks, where it stands, what one can do with it."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape
from msgspec import UNSET, Struct

from forum.shapes import Post
from gatherings.shapes.questions import QUESTION_LENGTH, Question, Rank
from pages.forum.post_html import who
from pages.shell.dates import date

# How the state looks and what it is called; what waits for its turn needs no word.
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
_WAITING = frozenset({"pending", "live", "shortlisted"})


class Hall(Struct, frozen=True, kw_only=True):
    """The room as one viewer meets it: where its topic is, and what the viewer may do."""

    room: int
    topic: str
    may_vote: bool = False
    is_host: bool = False
    length: int = QUESTION_LENGTH
    groups: Mapping[str, str] = {}
    answers: Mapping[int, Post] = {}
    """What was answered in writing, by post."""
    lines: Mapping[int, int] = {}
    """Which in line the shortlisted ones are."""


def questions(found: Sequence[Question], hall: Hall) -> Markup:
    """The list, in the order given."""
    return Markup("".join(_question(question, hall) for question in found))


def question(one: Question, hall: Hall) -> Markup:
    """One question on its own."""
    return Markup(_question(one, hall))


def asker(one: Question, groups: Mapping[str, str]) -> Markup:
    """Who asked, and from which group."""
    author = None if one.author is UNSET else one.author
    return Markup(who(author, groups, "Anonymous (you)" if one.mine is True else "Anonymous"))


def change(one: Question, hall: Hall) -> Markup:
    """The form by which who asked changes what waits for approval."""
    return Markup(_change(one, hall))


def why(rank: Rank, groups: Mapping[str, str]) -> Markup:
    """The reasons of a place, in words."""
    facts = rank.why
    wanted = (
        "nobody has voted yet"
        if not facts.voters
        else f"{facts.votes} of {facts.voters} who voted want to hear it"
    )
    age = "just now" if facts.age_minutes < 1 else f"{facts.age_minutes} min ago"
    words = f"{wanted}; asked {age}, and what is fresh counts a little more."
    if facts.balance > 1 and facts.group:
        name = groups.get(facts.group) or str(escape(facts.group))
        words += f" Nobody from {name} was heard yet, so it counts a little more."
    return Markup(words[0].upper() + words[1:])


def _question(one: Question, hall: Hall) -> str:
    asked_at = date(one.asked_at) if one.asked_at is not UNSET else ""
    html = one.html if one.html is not UNSET else ""
    balance = one.rank.why.balance if one.rank is not UNSET else 1
    return (
        f'<li class="asked {one.state}" id="q{one.id}" data-id="{one.id}" data-votes="{one.votes}"'
        f' data-version="{one.version}" data-state="{one.state}" data-place="{one.place or ""}"'
        f' data-balance="{balance}"{" data-mine" if one.mine is True else ""}>{_vote(one, hall)}<div class="what">'
        f'<div class="said" dir="auto">{html}</div>'
        f'<p class="by">{asker(one, hall.groups)}{asked_at}{_state(one, hall)}</p>{_reason(one)}{_answer(one, hall)}</div>'
        f'<div class="can">{_can(one, hall)}</div></li>'
    )


def _vote(one: Question, hall: Hall) -> str:
    if one.state == "pending":
        return '<span class="vote"></span>'
    if not hall.may_vote or one.mine is True or one.state not in VOTED:
        return f'<span class="vote"><b>{one.votes}</b> <span>{"vote" if one.votes == 1 else "votes"}</span></span>'
    mine = one.my_vote == 1
    return (
        f'<button class="vote" form="act" name="act" value="vote {one.id} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}"><b>{one.votes}</b> '
        f"<span>{'Voted' if mine else 'Vote'}</span></button>"
    )


def _state(one: Question, hall: Hall) -> str:
    if one.state not in STATES:
        return ""
    look, word = STATES[one.state]
    if one.state == "shortlisted" and one.id in hall.lines:
        word = "Next" if hall.lines[one.id] == 1 else f"{ordinal(hall.lines[one.id])} in line"
    if one.state == "answered" and one.answered_how == "writing":
        word = "Answered in writing"
    at = f" {date(one.settled_at)}" if one.state == "answered" and one.settled_at else ""
    return f'<span class="state {look}">{word}{at}</span>'


def _reason(one: Question) -> str:
    if one.state != "dismissed" or not one.reason:
        return ""
    return f'<p class="reason" dir="auto">{escape(one.reason)}</p>'


def _answer(one: Question, hall: Hall) -> str:
    post = hall.answers.get(one.answer_post or 0) if one.answer_post is not UNSET else None
    if post is None or post.html is None:
        return ""
    return (
        f'<div class="answer"><p class="by">{who(post.author, hall.groups)}{date(post.posted_at)}</p>'
        f'<div class="said" dir="auto">{post.html}</div></div>'
    )


def _can(one: Question, hall: Hall) -> str:
    reasons = topic = ""
    if one.number is not UNSET and one.state != "pending":
        topic = f'<a class="act in-topic" href="{hall.topic}/{one.number}">Discuss</a>'
    if one.rank is not UNSET and one.state == "live":
        reasons = (
            '<details class="why"><summary class="act">Why here?</summary>'
            f"<p>{why(one.rank, hall.groups)}</p></details>"
        )
    return f"{topic}{reasons}{_of_host(one, hall)}{_of_asker(one, hall)}"


def _of_host(one: Question, hall: Hall) -> str:
    if not hall.is_host or one.state in ("pending", "withdrawn", "merged"):
        return ""
    if one.state in ("answered", "dismissed"):
        return _move(one, "live", "Take up again")
    dismiss = f'<a class="act" href="/r/{hall.room}/host?form=dismiss&amp;q={one.id}#q{one.id}">Dismiss</a>'
    return f"{_move(one, 'answered', 'Mark answered')}{dismiss}"


def _of_asker(one: Question, hall: Hall) -> str:
    if one.mine is not True or one.state not in _WAITING:
        return ""
    change = _change(one, hall) if one.state == "pending" else ""
    return f"{_move(one, 'withdrawn', 'Withdraw')}{change}"


def _change(one: Question, hall: Hall) -> str:
    return (
        f'<details class="change"><summary class="act">Change</summary><form class="composer" method="post"'
        f' action="/r/{hall.room}/act"><label class="unseen" for="change-{one.id}">Your question</label>'
        f'<textarea id="change-{one.id}" name="body" rows="2" required dir="auto" maxlength="{hall.length}">\n'
        f'{escape(one.body or "")}</textarea><div class="buttons"><button class="button first" name="act"'
        f' value="edit {one.id} {one.version}">Save</button></div></form></details>'
    )


def _move(one: Question, state: str, word: str) -> str:
    return f'<button class="act" form="act" name="act" value="{state} {one.id} {one.version}">{word}</button>'


def ordinal(number: int) -> str:
    """A place in a line, as one says it."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
