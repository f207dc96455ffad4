"""The values of the queue's page: the list of cases, and one open case with its context."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import TopicId
from core.languages.formats import list_in
from core.languages.texts import current_language
from forum.following.topic_pages import read_topic_page
from forum.posts.post_pages import PageStart, read_posts_by_id
from forum.shapes import Post, Topic
from moderation.queue import queue
from moderation.queue.host_approvals import PendingItem, read_pending
from moderation.reasons.templates import load_templates
from moderation.sanctions import author_history
from moderation.sanctions.ladder import Ladder
from moderation.shapes import Case, CaseFilter, CasePage, Reason
from pages.forum import post_html
from pages.forum.topic_view import address_of
from storage.database import Reader

# How many posts are shown before and after the reported post.
_CONTEXT_POSTS = 2


class OpenCase(Struct, frozen=True):
    """A case with the reported post in its topic, the posts around it, and the moderation history of the author."""

    case: Case
    author: author_history.CaseAuthor
    topic: Topic | None = None
    address: str = ""
    number: int = 0
    reported: Markup = Markup()
    before: Markup = Markup()
    after: Markup = Markup()
    around: int = 0
    """How many posts are before and after the reported one."""
    parent: Markup = Markup()
    """The post to which a held post replies."""

    @property
    def shows_held(self) -> bool:
        """Whether the text to decide about is a held one: a post that nobody sees yet, or the new version of a post."""
        case = self.case
        return case.held is not None and (case.post is None or (case.held.is_edit and not case.held.outcome))

    @property
    def has_pictures(self) -> bool:
        """Whether the posts contain pictures or videos, which are blurred until they are asked for."""
        held = self.case.held.html if self.case.held is not None and self.shows_held else ""
        shown = (self.reported, self.before, self.after, self.parent, held)
        return any(tag in html for html in shown for tag in ("<img", "<video"))

    @property
    def because(self) -> str:
        """The reasons for the priority of the case as a list in words."""
        return list_in(current_language(), self.case.because, "unit")


class QueueView(Struct, frozen=True):
    """The values of the queue's page."""

    page: CasePage
    only: CaseFilter
    waiting: int
    opened: OpenCase | None
    templates: Sequence[tuple[str, Reason]]
    viewer: int | None
    administers: bool
    pending: Sequence[PendingItem]
    # A host who is not a moderator has fewer actions.
    hosts_only: bool

    @property
    def query(self) -> str:
        """The filters as a query string."""
        return query_of(self.only)

    @property
    def streams(self) -> str:
        """The positions in the event streams from which the page's script continues, as JSON."""
        return msgspec.json.encode(self.page.streams).decode()

    def is_theirs(self, case: Case) -> bool:
        """Return whether another moderator reviews the case."""
        return case.claim is not None and case.claim.by.id != self.viewer


class Viewer(Struct, frozen=True):
    """Who views moderated content, with the values of the community that rendering needs."""

    actor: Actor
    epoch: str
    groups: Mapping[str, str]
    ladder: Ladder


def query_of(only: CaseFilter) -> str:
    """Return filters as a query string without the default values."""
    given = {
        "state": only.state if only.state != "open" else "",
        "sector": only.sector,
        "reason": only.reason,
        "language": only.language,
    }
    return urlencode({name: value for name, value in given.items() if value})


async def read_queue(
    tx: Reader, viewer: Viewer, only: CaseFilter, case_id: int | None, after: str | None
) -> QueueView:
    """Return the queue as the viewer sees it, with the requested case open, or the first one that waits for them."""
    page = await queue.read_cases(tx, viewer.actor, viewer.epoch, only, after)
    waiting = await queue.count_waiting(tx, viewer.actor)
    wanted = case_id or _first_waiting(page, viewer.actor, only)
    opened = None if wanted is None else await _open_case(tx, viewer, wanted)
    return QueueView(
        page,
        only,
        waiting.waiting,
        opened,
        (await load_templates(tx)).offered(current_language().tag),
        viewer.actor.id,
        viewer.actor.is_administrator,
        (await read_pending(tx, viewer.actor)).items if only.state == "open" else [],
        not viewer.actor.is_administrator and not viewer.actor.moderates,
    )


async def find_undoable(tx: Reader, actor: Actor, case_id: int) -> int | None:
    """Return the id of the actor's last decision about a case, while it can be undone."""
    try:
        case = await queue.show_case(tx, actor, case_id)
    except NotFound:
        return None
    for decision in case.decisions[-1:]:
        is_own = decision.by is not None and decision.by.id == actor.id
        if is_own and decision.reversal is None and clock.now() < decision.undo_until:
            return decision.id
    return None


async def _open_case(tx: Reader, viewer: Viewer, case_id: int) -> OpenCase:
    actor = viewer.actor
    case = await queue.show_case(tx, actor, case_id)
    author = author_history.CaseAuthor()
    if not case.involved and (case.post is not None or case.held is not None or case.subject is not None):
        author = await author_history.read_case_author(tx, actor, case_id, viewer.ladder)
    if case.post is None:
        return OpenCase(case, author, parent=await _parent_html(tx, viewer, case))
    number = case.post.number
    place = PageStart(order="time", number=max(1, number - _CONTEXT_POSTS))
    found = await read_topic_page(tx, actor, TopicId(case.post.topic), place, viewer.epoch)
    near = [each for each in found.posts.items if each.number <= number + _CONTEXT_POSTS]
    address = address_of(found.topic)

    def render(posts: Sequence[Post]) -> Markup:
        return render_posts(posts, address, number, viewer)

    return OpenCase(
        case,
        author,
        found.topic,
        address,
        number,
        reported=render([each for each in near if each.number == number]),
        before=render([each for each in near if each.number < number]),
        after=render([each for each in near if each.number > number]),
        around=sum(each.number != number for each in near),
    )


async def _parent_html(tx: Reader, viewer: Viewer, case: Case) -> Markup:
    # A held post has no position in a topic yet; only the post to which it replies is shown.
    if case.held is None or case.held.parent is None:
        return Markup()
    found = await read_posts_by_id(tx, viewer.actor, [case.held.parent])
    return render_posts(list(found.values()), "", 0, viewer)


def render_posts(posts: Sequence[Post], address: str, number: int, viewer: Viewer) -> Markup:
    """Render posts without their buttons; `number` is the one to highlight."""
    place = post_html.PostPlace(
        address=address, in_tree=False, here=number, groups=viewer.groups, viewer=viewer.actor.id
    )
    return post_html.contributions(posts, place)


def _first_waiting(page: CasePage, actor: Actor, only: CaseFilter) -> int | None:
    if only.state != "open":
        return None
    free = [case for case in page.items if not case.involved]
    mine = [case for case in free if case.claim is not None and case.claim.by.id == actor.id]
    return next((case.id for case in (*mine, *(case for case in free if case.claim is None), *free)), None)
