"""How a question of a room looks: how many want to hear it, what it asks, what one can do with it."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from msgspec import UNSET, Struct

from gatherings.shapes import Question
from pages.contribution import date, who

_STATES = {
    "answered": ("done", "Answered"),
    "dismissed": ("locked", "Dismissed"),
    "withdrawn": ("locked", "Withdrawn"),
}


class Hall(Struct, frozen=True, kw_only=True):
    """The room as one viewer meets it: where its topic is, and what the viewer may do."""

    topic: str
    may_vote: bool = False
    is_host: bool = False
    groups: Mapping[str, str] = {}


def questions(found: Sequence[Question], hall: Hall) -> Markup:
    """The list, in the order given."""
    return Markup("".join(_question(question, hall) for question in found))


def question(one: Question, hall: Hall) -> Markup:
    """One question on its own."""
    return Markup(_question(one, hall))


def _question(one: Question, hall: Hall) -> str:
    asked_at = date(one.asked_at) if one.asked_at is not UNSET else ""
    html = one.html if one.html is not UNSET else ""
    return (
        f'<li class="asked {one.state}" id="q{one.id}" data-id="{one.id}" data-votes="{one.votes}"'
        f' data-version="{one.version}" data-state="{one.state}">{_vote(one, hall)}<div class="what">'
        f'<div class="said" dir="auto">{html}</div><p class="by">{_asker(one, hall)}{asked_at}{_state(one)}</p></div>'
        f'<div class="can">{_can(one, hall)}</div></li>'
    )


def _vote(one: Question, hall: Hall) -> str:
    if not hall.may_vote or one.mine is True or one.state != "live":
        return f'<span class="vote"><b>{one.votes}</b> <span>{"vote" if one.votes == 1 else "votes"}</span></span>'
    mine = one.my_vote == 1
    return (
        f'<button class="vote" form="act" name="act" value="vote {one.id} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}"><b>{one.votes}</b> '
        f"<span>{'Voted' if mine else 'Vote'}</span></button>"
    )


def _asker(one: Question, hall: Hall) -> str:
    author = None if one.author is UNSET else one.author
    return who(author, hall.groups, "Anonymous (you)" if one.mine is True else "Anonymous")


def _state(one: Question) -> str:
    if one.state not in _STATES:
        return ""
    look, word = _STATES[one.state]
    return f'<span class="state {look}">{word}</span>'


def _can(one: Question, hall: Hall) -> str:
    number = one.number if one.number is not UNSET else 0
    topic = f'<a class="act in-topic" href="{hall.topic}/{number}">Answer in writing</a>'
    return f"{topic}{_of_host(one, hall)}{_of_asker(one)}"


def _of_host(one: Question, hall: Hall) -> str:
    if not hall.is_host:
        return ""
    moves = (
        (("answered", "Mark answered"), ("dismissed", "Dismiss"))
        if one.state == "live"
        else (("live", "Take up again"),)
    )
    if one.state == "withdrawn":
        return ""
    return "".join(_move(one, state, word) for state, word in moves)


def _of_asker(one: Question) -> str:
    return _move(one, "withdrawn", "Withdraw") if one.mine is True and one.state == "live" else ""


def _move(one: Question, state: str, word: str) -> str:
    return f'<button class="act" form="act" name="act" value="{state} {one.id} {one.version}">{word}</button>'
