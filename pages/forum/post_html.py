"""The HTML of a post: author, group, time, text, and the available actions.

It is built from strings instead of a template because a topic page has fifty posts: 0.4 ms instead of 2 ms. Every value
is a number, comes from a fixed list, is escaped here, or was sanitized when it was stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape
from msgspec import UNSET, Struct

from core.languages.texts import gettext, ngettext, translatable
from forum.files.attachments import file_ids_in
from forum.following.shapes_read_state import NOTHING_READ, ReadState
from forum.shapes import Post
from members.shapes import Author
from pages.forum.post_language import language_attribute, translate_button
from pages.forum.post_texts import DEEPEST, FIRST, PostTexts, post_texts
from pages.forum.reaction_html import counted, reaction
from pages.shell.dates import recent
from pages.shell.faces import NEUTRAL, face

SAMPLE = 0
"""The id of the sample post, from which the page's script builds arriving posts; the sample has all possible actions."""
# The name that is shown for authors who post anonymously.
ANONYMOUS = translatable("Anonymous")


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
    may_translate: bool = False
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
    texts: PostTexts
    unset: tuple[str, str]
    """The buttons of the reactions that nobody has set, for the line and for the menu; ~ stands for the id of the post."""


def contributions(posts: Sequence[Post], place: PostPlace) -> Markup:
    """Return a page of posts as HTML; replies deeper than `DEEPEST` are collapsed under their branch."""
    return Markup("".join(_flow(posts, _rendering(place, {post.id: post for post in posts}))))


def contribution(post: Post, place: PostPlace) -> Markup:
    """Return one post as HTML."""
    return Markup(_post(post, _rendering(place, {}), post.parent))


def _rendering(place: PostPlace, posts: dict[int, Post]) -> _Rendering:
    texts = post_texts()
    first = "".join([reaction("~", kind, texts.kinds[kind]) for kind in FIRST])
    others = "".join([reaction("~", kind, word) for kind, word in texts.kinds.items() if kind not in FIRST])
    return _Rendering(place, posts, texts, (first, others))


def who(author: Author | None, groups: Mapping[str, str], nobody: str = "") -> str:
    """Return the author's face and name as a link, with the stakeholder group if it is public; for no author, `nobody` or
    that the author is anonymous."""
    if author is None:
        return f'<span class="who nobody">{NEUTRAL}{nobody or gettext(ANONYMOUS)}</span>'
    if not author.group:
        return linked_name(author)
    return (
        f'{linked_name(author)}<span class="group">{groups.get(author.group) or escape(author.group)}</span>'
    )


@lru_cache(maxsize=5_000)
def linked_name(author: Author, kind: Literal["who", "person"] = "who") -> str:
    """Return the author's face and name as a link; as a `person`, it stands in a list."""
    shown = f"{face(author)}<bdi>{escape(author.display_name)}</bdi>"
    return f'<a class="{kind}" href="/m/{escape(author.handle)}">{shown}</a>'


def _name(author: Author | None) -> str:
    return str(escape(author.display_name)) if author else gettext(ANONYMOUS)


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
    more = ngettext("%(num)s more reply in this branch", "%(num)s more replies in this branch", len(posts))
    top = page.posts.get(posts[0].parent or 0, posts[0]).number
    return (
        f'<details class="branch"{" open" if is_open else ""}><summary>{more}</summary>'
        f'{inner}<a class="act" href="{page.place.address}?branch={top}">{page.texts.words["branch"]}</a></details>'
    )


def _post(post: Post, page: _Rendering, before: int | None) -> str:
    place, number, texts = page.place, post.number, page.texts
    indent = min(post.depth - place.base, DEEPEST) if place.in_tree else 0
    html = post.html
    state = "" if html is not None else " gone"
    said = html if html is not None else f"<p>{texts.gone.get(post.state, texts.words['not_shown'])}</p>"
    answer = f'<span class="state done">{texts.words["accepted"]}</span>' if post.id == place.answer else ""
    is_new = place.read.at is not None and _is_new(post, place)
    new = f'<span class="state new">{texts.words["new"]}</span>' if is_new else ""
    above, below = (place.notes.get(-post.id, ""), place.notes.get(post.id, "")) if place.notes else ("", "")
    return (
        f"{above}"
        f'<article class="post d{indent}{state}{" here" if number == place.here else ""}" id="p{number}" tabindex="-1"'
        f' data-id="{post.id}" data-number="{number}" data-parent="{post.parent or ""}" data-depth="{post.depth}"'
        f' data-version="{post.version}"{" data-new" if is_new else ""}'
        f' aria-labelledby="b{number}"><header class="by" id="b{number}">'
        f"{who(post.author, place.groups)}{_marks(post, texts)}{answer}{new}"
        f'<a class="at" href="{place.address}/{number}#p{number}">#{number} · {recent(post.posted_at)}</a></header>'
        f'{_answers(post, page, before)}<div class="said" dir="auto"{language_attribute(post)}>{said}</div>'
        f'<div class="can">{_can(post, page)}</div></article>{below}'
    )


def _is_new(post: Post, place: PostPlace) -> bool:
    return not _is_own(post, place) and post.state == "published" and not place.read.covers(post.number)


def _marks(post: Post, texts: PostTexts) -> str:
    edited = ""
    if post.is_bookmarked is True:
        edited = f'<a class="state bookmarked" href="/p/{post.id}/bookmark">{texts.words["bookmarked"]}</a>'
    if post.edited_at:
        edited += f'<span class="edited">{texts.words["edited"] % {"time": recent(post.edited_at)}}</span>'
    if post.is_shared:
        edited = f'<span class="shared">{texts.words["shared"]}</span>{edited}'
    # Only moderators see the text of posts that are not published, with a label that says so.
    if post.html is not None and post.state in texts.states:
        return f'{edited}<span class="state held">{texts.states[post.state]}</span>'
    return edited


def _answers(post: Post, page: _Rendering, before: int | None) -> str:
    if post.parent is None:
        return ""
    # Directly below its parent the relation is visible, but a screen reader still needs the text.
    hidden = " unseen" if before == post.parent and page.place.in_tree else ""
    words = page.texts.words
    if known := page.posts.get(post.parent):
        link = f'<a href="#p{known.number}">#{known.number} <bdi>{_name(known.author)}</bdi></a>'
        return f'<p class="answers{hidden}">{words["reply_to"] % {"post": link}}</p>'
    if post.parent in page.place.origins:
        return f'<p class="answers">{page.place.origins[post.parent]}</p>'
    if post.id == SAMPLE:  # the script replaces the link
        earlier = words["reply_to"] % {"post": '<a href=""></a>'}
    else:
        earlier = words["reply_to_earlier"] % {"href": f"/p/{post.parent}"}
    return f'<p class="answers{hidden}">{earlier}</p>'


def _can(post: Post, page: _Rendering) -> str:
    place, words = page.place, page.texts.words
    if post.html is None:
        return _can_restore(post, page)
    reply = f'<a class="act reply" href="/p/{post.id}/reply">{words["reply"]}</a>' if place.may_reply else ""
    if place.may_translate:
        reply += translate_button(post, words["translate"])
    if post.is_cited:
        reply += f'<a class="act cited" href="/p/{post.id}/citations">{words["cited"]}</a>'
    if not place.may_react:
        shown = reply + counted(post.reactions, page.texts) + _for_oneself(post, page)
        report = f'<a class="act quiet" href="/report?about=/p/{post.id}">{words["report_problem"]}</a>'
        return shown if place.viewer else shown + report
    # The sample has the actions of everybody.
    if _is_own(post, place) and post.id != SAMPLE:
        return reply + counted(post.reactions, page.texts) + _more(post, "", page)
    counts = post.reactions
    if not counts:
        first, rest = (buttons.replace("~", str(post.id)) for buttons in page.unset)
        return f"{reply}{first}{_more(post, rest, page)}"
    mine = () if post.mine is UNSET else post.mine
    kinds = page.texts.kinds.items()
    here = [(kind, word) for kind, word in kinds if kind in FIRST or counts.get(kind)]
    shown = "".join([reaction(post.id, *one, counts.get(one[0], 0), one[0] in mine) for one in here])
    others = "".join([reaction(post.id, *one) for one in kinds if one not in here])
    return f"{reply}{shown}{_more(post, others, page)}"


def _is_own(post: Post, place: PostPlace) -> bool:
    return post.author is not None and post.author.id == place.viewer


def _more(post: Post, others: str, page: _Rendering) -> str:
    place, words = page.place, page.texts.words
    rest = f'<a class="act" href="/p/{post.id}/history">{words["history"]}</a>' if post.edited_at else ""
    if place.may_reply:
        rest = f'<a class="act quotes" href="/p/{post.id}/reply?quote=1">{words["quote"]}</a>{rest}'
    rest = _for_oneself(post, page) + rest
    own = _is_own(post, place)
    if not own or post.id == SAMPLE:
        rest += f'<a class="act" href="/p/{post.id}/flag">{words["report"]}</a>'
        rest += "".join(
            f'<a class="act" href="/flag/file/{file}">{words["report_file"]}</a>'
            for file in file_ids_in(post.html or "")
        )
    if place.may_answer and post.number > 1:
        wanted, word = (0, words["unaccept"]) if post.id == place.answer else (1, words["accept"])
        rest += f'<button class="act" form="set" name="answer" value="{post.id} {wanted}">{word}</button>'
    if post.id != SAMPLE:
        rest += f'<a class="act" href="/cite/posts/{post.id}">{words["cite"]}</a>'
    if place.may_move and post.number > 1:
        rest += f'<a class="act" href="/move/{post.topic}?number={post.number}">{words["move"]}</a>'
    if place.viewer is not None and post.id != SAMPLE:
        rest += f'<a class="act" href="/b?source={post.id}">{words["add"]}</a>'
    if (own or (post.is_shared and place.may_react)) and post.markup == "markdown":
        rest += f'<a class="act edit" href="/p/{post.id}/edit">{words["edit"]}</a>'
    if (
        (own or place.is_moderator)
        and place.may_share
        and post.author is not None
        and post.markup == "markdown"
    ):
        wanted, word = (0, words["unshare"]) if post.is_shared else (1, words["share"])
        rest += f'<button class="act" form="set" name="share" value="{post.id} {wanted}">{word}</button>'
    rest += _of_author(post, page)
    label = words["more_actions"] % {"number": post.number}
    return (
        f'<details class="more"><summary class="act">{label}</summary>'
        f'<div class="menu">{others}{"<hr>" if others and rest else ""}{rest}</div></details>'
    )


def _for_oneself(post: Post, page: _Rendering) -> str:
    # For visitors, the number of the post is its link.
    if page.place.viewer is None:
        return ""
    words = page.texts.words
    link = f'<a class="act link" href="/p/{post.id}">{words["link"]}</a>'
    word = words["edit_bookmark" if post.is_bookmarked is True else "bookmark"]
    return f'<a class="act bookmark" href="/p/{post.id}/bookmark">{word}</a>{link}'


def _of_author(post: Post, page: _Rendering) -> str:
    own, place, words = _is_own(post, page.place), page.place, page.texts.words
    act = ""
    if own or place.is_moderator:
        corrects = " data-corrects" if place.is_moderator else ""
        act = f'<a class="act" href="/p/{post.id}/language"{corrects}>{words["language"]}</a>'
    if own and post.number > 1:
        act += f'<a class="act" href="/p/{post.id}/withdraw">{words["withdraw"]}</a>'
    return act


def _can_restore(post: Post, page: _Rendering) -> str:
    if post.state == "withdrawn" and _is_own(post, page.place):
        word = page.texts.words["restore"]
        return f'<button class="act" form="set" name="restore" value="{post.id}">{word}</button>'
    return ""
