"""The HTML of a post: author, group, time, text, and the available actions.

It is built from strings instead of a template because a topic page has fifty posts: 0.4 ms instead of 2 ms. Every value
is a number, comes from a fixed list, is escaped here, or was sanitized when it was stored.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from markupsafe import Markup, escape
from msgspec import UNSET, Struct

from forum.files.attachments import file_ids_in
from forum.following.shapes_read_state import NOTHING_READ, ReadState
from forum.shapes import Post
from members.shapes import Author
from pages.shell.dates import recent

KINDS = {
    "kind": "Helpful",
    "competent": "Well argued",
    "agree": "Agree",
    "thanks": "Thanks",
    "curious": "Curious",
}
# The two reactions that count for trust levels are always shown; the others are under "More" until somebody sets them.
FIRST = ("kind", "competent")
DEEPEST = 4
SAMPLE = 0
"""The id of the sample post, from which the page's script builds arriving posts; the sample has all possible actions."""
_STATES = {"withdrawn": "Withdrawn", "hidden": "Hidden"}
_GONE = {
    "withdrawn": "The author withdrew this post.",
    "hidden": "A moderator has hidden this post.",
}

# The name that is shown for authors who post anonymously.
ANONYMOUS = "Anonymous"
_TEXTS = {
    "anonymous": ANONYMOUS,
    "not_shown": "This post is not shown.",
    "edited": "edited",
    "shared": "shared post",
    "share": "Allow shared editing",
    "unshare": "Stop shared editing",
    "edit": "Edit",
    "cited": "Cited",
    "history": "History",
    "for_post": "for post {number}",
    "one_more": "1 more reply in this branch",
    "more": "{count} more replies in this branch",
}

# What the page's script needs to build arriving posts and to change shown ones, so that both describe a post alike.
SCRIPT_WORDS = msgspec.json.encode(
    {"kinds": KINDS, "first": FIRST, "deepest": DEEPEST, "states": _STATES, "gone": _GONE, "texts": _TEXTS}
).decode()


class PostPlace(Struct, frozen=True, kw_only=True):
    """Where posts are shown, and what the viewer can do there."""

    address: str
    """The path of the page, such as /t/812/cobalt-tracing."""
    viewer: int | None = None
    may_reply: bool = False
    may_react: bool = False
    is_moderator: bool = False
    may_move: bool = False
    may_share: bool = False
    may_answer: bool = False
    answer: int | None = None
    """The id of the accepted answer."""
    in_tree: bool = True
    here: int | None = None
    """The number of the post in the URL."""
    base: int = 0
    """The depth of the first post: more than 0 if the page shows only a branch."""
    groups: Mapping[str, str] = {}
    """The short names of the stakeholder groups, as escaped HTML."""
    notes: Mapping[int, str] = {}
    """The move notes after a post, by its id; before a post, by its negative id."""
    origins: Mapping[int, str] = {}
    """Links to parent posts in other topics, by the id of the parent."""
    read: ReadState = NOTHING_READ
    """What the viewer has read in this topic."""


class _Rendering(Struct):
    """The page being rendered; HTML that many posts share is made once."""

    place: PostPlace
    posts: dict[int, Post]
    faces: dict[int, str] = {}


def contributions(posts: Sequence[Post], place: PostPlace) -> Markup:
    """Return a page of posts as HTML; replies deeper than `DEEPEST` are collapsed under their branch."""
    return Markup("".join(_flow(posts, _Rendering(place, {post.id: post for post in posts}))))


def contribution(post: Post, place: PostPlace) -> Markup:
    """Return one post as HTML."""
    return Markup(_post(post, _Rendering(place, {}), post.parent))


def who(author: Author | None, groups: Mapping[str, str], nobody: str = ANONYMOUS) -> str:
    """Return the author's name as a link, with the stakeholder group if it is public; `nobody` for no author."""
    if author is None:
        return f'<span class="who nobody">{nobody}</span>'
    name = f'<a class="who" href="/m/{escape(author.handle)}"><bdi>{escape(author.display_name)}</bdi></a>'
    if not author.group:
        return name
    return f'{name}<span class="group">{groups.get(author.group) or escape(author.group)}</span>'


def _name(author: Author | None) -> str:
    return str(escape(author.display_name)) if author else ANONYMOUS


def _flow(posts: Sequence[Post], page: _Rendering) -> Iterator[str]:
    before = None
    deep: list[Post] = []
    for post in posts:
        if page.place.in_tree and post.depth - page.place.base > DEEPEST:
            deep.append(post)
            continue
        if deep:
            yield _branch(deep, page)
            deep = []
        yield _post(post, page, before)
        before = post.id
    if deep:
        yield _branch(deep, page)


def _branch(posts: Sequence[Post], page: _Rendering) -> str:
    is_open = len(posts) < 3 or any(post.number == page.place.here for post in posts)
    inner = "".join(_post(post, page, None) for post in posts)
    more = _TEXTS["one_more" if len(posts) == 1 else "more"].format(count=len(posts))
    top = page.posts.get(posts[0].parent or 0, posts[0]).number
    return (
        f'<details class="branch"{" open" if is_open else ""}><summary>{more}</summary>'
        f'{inner}<a class="act" href="{page.place.address}?branch={top}">Read this branch on its own</a></details>'
    )


def _post(post: Post, page: _Rendering, before: int | None) -> str:
    place, number = page.place, post.number
    indent = min(post.depth - place.base, DEEPEST) if place.in_tree else 0
    html = post.html
    state = "" if html is not None else " gone"
    said = html if html is not None else f"<p>{_GONE.get(post.state, _TEXTS['not_shown'])}</p>"
    is_new = place.read.at is not None and _is_new(post, place)
    above, below = (place.notes.get(-post.id, ""), place.notes.get(post.id, "")) if place.notes else ("", "")
    return (
        f"{above}"
        f'<article class="post d{indent}{state}{" here" if number == place.here else ""}" id="p{number}" tabindex="-1"'
        f' data-id="{post.id}" data-number="{number}" data-parent="{post.parent or ""}" data-depth="{post.depth}"'
        f' data-version="{post.version}"{" data-new" if is_new else ""}'
        f' aria-labelledby="b{number}"><header class="by" id="b{number}">'
        f"{_face(post.author, page)}{_marks(post)}{_ANSWER if post.id == place.answer else ''}{_NEW if is_new else ''}"
        f'<a class="at" href="{place.address}/{number}#p{number}">#{number} · {recent(post.posted_at)}</a></header>'
        f'{_answers(post, page, before)}<div class="said" dir="auto">{said}</div>'
        f'<div class="can">{_can(post, place)}</div></article>{below}'
    )


def _face(author: Author | None, page: _Rendering) -> str:
    if author is None:
        return who(None, {})
    if author.id not in page.faces:
        page.faces[author.id] = who(author, page.place.groups)
    return page.faces[author.id]


def _is_new(post: Post, place: PostPlace) -> bool:
    return not _is_own(post, place) and post.state == "published" and not place.read.covers(post.number)


_NEW = '<span class="state new">New</span>'
_ANSWER = '<span class="state done">Accepted answer</span>'


def _marks(post: Post) -> str:
    edited = (
        f'<span class="edited">{_TEXTS["edited"]} {recent(post.edited_at)}</span>' if post.edited_at else ""
    )
    if post.is_shared:
        edited = f'<span class="shared">{_TEXTS["shared"]}</span>{edited}'
    # Only moderators see the text of posts that are not published, with a label that says so.
    if post.html is not None and post.state in _STATES:
        return f'{edited}<span class="state held">{_STATES[post.state]}</span>'
    return edited


def _answers(post: Post, page: _Rendering, before: int | None) -> str:
    if post.parent is None:
        return ""
    # Directly below its parent the relation is visible, but a screen reader still needs the text.
    hidden = " unseen" if before == post.parent and page.place.in_tree else ""
    if known := page.posts.get(post.parent):
        number, name = known.number, _name(known.author)
        return (
            f'<p class="answers{hidden}">in reply to <a href="#p{number}">#{number} <bdi>{name}</bdi></a></p>'
        )
    if post.parent in page.place.origins:
        return f'<p class="answers">{page.place.origins[post.parent]}</p>'
    return f'<p class="answers{hidden}">in reply to <a href="/p/{post.parent}">an earlier post</a></p>'


def _can(post: Post, place: PostPlace) -> str:
    if post.html is None:
        return _can_restore(post, place)
    reply = f'<a class="act reply" href="/p/{post.id}/reply">Reply</a>' if place.may_reply else ""
    if post.is_cited:
        reply += f'<a class="act cited" href="/p/{post.id}/citations">{_TEXTS["cited"]}</a>'
    if not place.may_react:
        shown = reply + _counted(post.reactions)
        report = f'<a class="act quiet" href="/report?about=/p/{post.id}">Report a problem</a>'
        return shown if place.viewer else shown + report
    # The sample has the actions of everybody.
    if _is_own(post, place) and post.id != SAMPLE:
        return reply + _counted(post.reactions) + _more(post, "", place)
    counts = post.reactions
    if not counts:
        first, rest = (kinds.replace("~", str(post.id)) for kinds in (_FIRST_KINDS, _OTHER_KINDS))
        return f"{reply}{first}{_more(post, rest, place)}"
    mine = () if post.mine is UNSET else post.mine
    here = [kind for kind in KINDS if kind in FIRST or counts.get(kind)]
    shown = "".join([_reaction(post.id, kind, counts.get(kind, 0), kind in mine) for kind in here])
    others = "".join([_reaction(post.id, kind, 0, False) for kind in KINDS if kind not in here])
    return f"{reply}{shown}{_more(post, others, place)}"


def _is_own(post: Post, place: PostPlace) -> bool:
    return post.author is not None and post.author.id == place.viewer


def _counted(counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    shown = [(word, counts[kind]) for kind, word in KINDS.items() if counts.get(kind)]
    return "".join([f'<span class="act">{word} <i>{count}</i></span>' for word, count in shown])


def _reaction(post_id: int | str, kind: str, count: int, mine: bool) -> str:
    return (
        f'<button class="act" form="set" name="set" value="{post_id} {kind} {0 if mine else 1}"'
        f' aria-pressed="{"true" if mine else "false"}">{KINDS[kind]}{f" <i>{count}</i>" if count else ""}</button>'
    )


_FIRST_KINDS = "".join(_reaction("~", kind, 0, False) for kind in FIRST)
_OTHER_KINDS = "".join(_reaction("~", kind, 0, False) for kind in KINDS if kind not in FIRST)


def _more(post: Post, others: str, place: PostPlace) -> str:
    rest = f'<a class="act" href="/p/{post.id}/history">{_TEXTS["history"]}</a>' if post.edited_at else ""
    if place.may_reply:
        rest = f'<a class="act quotes" href="/p/{post.id}/reply?quote=1">Quote</a>{rest}'
    own = _is_own(post, place)
    if not own or post.id == SAMPLE:
        rest += f'<a class="act" href="/p/{post.id}/flag">Report to moderators</a>'
        rest += "".join(
            f'<a class="act" href="/flag/file/{file}">Report the file</a>'
            for file in file_ids_in(post.html or "")
        )
    if place.may_answer and post.number > 1:
        wanted, word = (0, "Unmark as answer") if post.id == place.answer else (1, "Accept as answer")
        rest += f'<button class="act" form="set" name="answer" value="{post.id} {wanted}">{word}</button>'
    if post.id != SAMPLE:
        rest += f'<a class="act" href="/cite/posts/{post.id}">Cite</a>'
    if place.may_move and post.number > 1:
        rest += f'<a class="act" href="/move/{post.topic}?number={post.number}">Move</a>'
    if place.viewer is not None and post.id != SAMPLE:
        rest += f'<a class="act" href="/b?source={post.id}">Add to a stock-take</a>'
    if (own or (post.is_shared and place.may_react)) and post.markup == "markdown":
        rest += f'<a class="act edit" href="/p/{post.id}/edit">{_TEXTS["edit"]}</a>'
    if (
        (own or place.is_moderator)
        and place.may_share
        and post.author is not None
        and post.markup == "markdown"
    ):
        wanted, word = (0, _TEXTS["unshare"]) if post.is_shared else (1, _TEXTS["share"])
        rest += f'<button class="act" form="set" name="share" value="{post.id} {wanted}">{word}</button>'
    if own:
        rest += f'<a class="act" href="/p/{post.id}/withdraw">Withdraw</a>' if post.number > 1 else ""
    label = _TEXTS["for_post"].format(number=post.number)
    return (
        f'<details class="more"><summary class="act">More<span class="unseen"> {label}</span></summary>'
        f'<div class="menu">{others}{"<hr>" if others and rest else ""}{rest}</div></details>'
    )


def _can_restore(post: Post, place: PostPlace) -> str:
    if post.state == "withdrawn" and _is_own(post, place):
        return f'<button class="act" form="set" name="restore" value="{post.id}">Restore</button>'
    return ""
