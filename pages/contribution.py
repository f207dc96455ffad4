"""How a contribution looks, wherever it stands: who, from which group, when, what, and what one can do with it.

Written as strings instead of a template because fifty of them are made for each topic page: 0.3 ms instead of 2.
Everything that is put in is a number, comes from a fixed list, goes through `escape`, or was sanitised when written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from markupsafe import Markup, escape
from msgspec import UNSET, Struct

from forum.shapes import Post
from members.shapes import Author

KINDS = {"agree": "Agree", "thanks": "Thanks", "competent": "Competent", "curious": "Curious", "kind": "Kind"}
DEEPEST = 4
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GONE = {"withdrawn": "Its author took this back.", "hidden": "A moderator has hidden this."}


class Place(Struct, frozen=True, kw_only=True):
    """Where contributions stand and what the viewer may do there."""

    address: str
    """The page they are on, such as /t/812/cobalt-tracing."""
    viewer: int | None = None
    may_reply: bool = False
    may_react: bool = False
    is_moderator: bool = False
    in_tree: bool = True
    here: int | None = None
    """The number of the post that was asked for."""
    groups: Mapping[str, str] = {}
    """The stakeholder groups in a few words, escaped."""


def contributions(posts: Sequence[Post], place: Place) -> Markup:
    """A page of posts, with what lies deeper than the page shows folded under its branch."""
    named = {post.id: (post.number, _name(post.author)) for post in posts}
    return Markup("".join(_flow(posts, place, named)))


def contribution(post: Post, place: Place) -> Markup:
    """One post on its own."""
    return Markup(_post(post, place, {}, post.parent))


def date(moment: datetime) -> str:
    """A day and a time in UTC, which the page's script turns into the reader's own."""
    at = moment.astimezone(UTC)
    written = f"{at.day} {_MONTHS[at.month]} {at.year}"
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}" title="{written}, {at:%H:%M} UTC">{written}</time>'


def _flow(posts: Sequence[Post], place: Place, named: Mapping[int, tuple[int, str]]) -> Iterator[str]:
    before = None
    deep: list[Post] = []
    for post in posts:
        if place.in_tree and post.depth > DEEPEST:
            deep.append(post)
            continue
        if deep:
            yield _branch(deep, place, named)
            deep = []
        yield _post(post, place, named, before)
        before = post.id
    if deep:
        yield _branch(deep, place, named)


def _branch(posts: Sequence[Post], place: Place, named: Mapping[int, tuple[int, str]]) -> str:
    is_open = len(posts) < 3 or any(post.number == place.here for post in posts)
    inner = "".join(_post(post, place, named, None) for post in posts)
    word = "reply" if len(posts) == 1 else "replies"
    return (
        f'<details class="branch"{" open" if is_open else ""}><summary>{len(posts)} more {word} in this branch</summary>'
        f"{inner}</details>"
    )


def _post(post: Post, place: Place, named: Mapping[int, tuple[int, str]], before: int | None) -> str:
    number = post.number
    address = f"{place.address}/{number}"
    indent = min(post.depth, DEEPEST) if place.in_tree else 0
    state = "" if post.html is not None else " gone"
    said = post.html if post.html is not None else f"<p>{_GONE.get(post.state, 'This is not shown.')}</p>"
    edited = f'<span class="edited">edited {date(post.edited_at)}</span>' if post.edited_at else ""
    return (
        f'<article class="post d{indent}{state}{" here" if number == place.here else ""}" id="p{number}" tabindex="-1"'
        f' data-id="{post.id}" data-number="{number}" data-parent="{post.parent or ""}" data-depth="{post.depth}"'
        f' data-version="{post.version}" aria-labelledby="b{number}"><header class="by" id="b{number}">'
        f"{who(post.author, place.groups)}{edited}"
        f'<a class="at" href="{address}#p{number}">#{number} · {date(post.posted_at)}</a></header>'
        f'{_answers(post, place, named, before)}<div class="said" dir="auto">{said}</div>'
        f'<div class="can">{_can(post, place)}</div></article>'
    )


def who(author: Author | None, groups: Mapping[str, str], nobody: str = "Anonymous") -> str:
    """A name that leads to its member, and the group the member speaks for, where that is public."""
    if author is None:
        return f'<span class="who nobody">{nobody}</span>'
    group = (
        f'<span class="group">{groups.get(author.group) or escape(author.group)}</span>'
        if author.group
        else ""
    )
    return f'<a class="who" href="/m/{escape(author.handle)}"><bdi>{escape(author.display_name)}</bdi></a>{group}'


def _name(author: Author | None) -> str:
    return str(escape(author.display_name)) if author else "Anonymous"


def _answers(post: Post, place: Place, named: Mapping[int, tuple[int, str]], before: int | None) -> str:
    if post.parent is None:
        return ""
    # Directly under what it answers the eye sees it; the ear does not.
    hidden = " unseen" if before == post.parent and place.in_tree else ""
    if known := named.get(post.parent):
        number, name = known
        return (
            f'<p class="answers{hidden}">in reply to <a href="#p{number}">#{number} <bdi>{name}</bdi></a></p>'
        )
    return f'<p class="answers{hidden}">in reply to <a href="/p/{post.parent}">an earlier post</a></p>'


def _can(post: Post, place: Place) -> str:
    if post.html is None:
        return _can_restore(post, place)
    reply = f'<a class="act reply" href="/p/{post.id}/reply">Reply</a>' if place.may_reply else ""
    mine = () if post.mine is UNSET else post.mine
    if not place.may_react:
        counts = "".join(
            f'<span class="act">{KINDS[kind]} <i>{count}</i></span>' for kind, count in _counted(post)
        )
        return f"{reply}{counts}"
    shown = "".join(_reaction(post.id, kind, count, kind in mine) for kind, count in _counted(post))
    others = "".join(_reaction(post.id, kind, 0, False) for kind in KINDS if not post.reactions.get(kind))
    own = post.author is not None and post.author.id == place.viewer
    return f"{reply}{shown}{_more(post, others, place, own)}"


def _counted(post: Post) -> Iterable[tuple[str, int]]:
    return (
        [(kind, post.reactions[kind]) for kind in KINDS if post.reactions.get(kind)] if post.reactions else ()
    )


def _reaction(post_id: int, kind: str, count: int, mine: bool) -> str:
    return (
        f'<button class="act" form="set" name="set" value="{post_id} {kind} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}">{KINDS[kind]}{f" <i>{count}</i>" if count else ""}</button>'
    )


def _more(post: Post, others: str, place: Place, own: bool) -> str:
    at = f"/p/{post.id}"
    history = f'<a class="act" href="{at}/history">History</a>' if post.version > 1 else ""
    edit = f'<a class="act edit" href="{at}/edit">Edit</a>' if own and post.markup == "markdown" else ""
    withdraw = f'<a class="act" href="{at}/withdraw">Withdraw</a>' if own and post.number > 1 else ""
    rest = f"{history}{edit}{withdraw}"
    return (
        f'<details class="more"><summary class="act">More<span class="unseen"> for post {post.number}</span></summary>'
        f'<div class="menu">{others}{"<hr>" if others and rest else ""}{rest}</div></details>'
    )


def _can_restore(post: Post, place: Place) -> str:
    # A tombstone names no author: only the author's own view carries what is needed to bring it back.
    if post.state == "withdrawn" and post.author is not None and post.author.id == place.viewer:
        return f'<button class="act" form="set" name="restore" value="{post.id}">Restore</button>'
    return ""
