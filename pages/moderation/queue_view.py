"""The queue as its page shows it: the list, one case opened with all that one needs to decide, and the next one's number."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup
from msgspec import Struct

from core.actor import Actor
from core.ids import TopicId
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

# How many posts are shown on either side of the one in question.
_AROUND = 2

REASONS: Mapping[str, str] = {
    "off_topic": "It does not belong here",
    "spam": "It is advertising or spam",
    "abusive": "It insults, threatens or harasses",
    "misleading": "It misleads or is false",
    "private": "It tells what is private",
    "illegal": "It is against the law",
    "child_abuse": "It shows or promotes the abuse of a child",
    "danger": "Somebody's life or safety is in danger",
    "other": "Something else",
}
ACTIONS: Mapping[str, str] = {
    "hide": "Hidden",
    "no_action": "No action",
    "approve": "Approved",
    "approve_edited": "Approved with changes",
    "lock": "Locked",
    "warn": "Warned",
    "silence": "Silenced",
    "suspend": "Suspended",
    "remove": "Sent out of the room",
    "withdraw": "Withdrawn for its author",
    "move": "Moved",
    "split": "Split off",
    "merge": "Merged",
    "duplicate": "Marked as a duplicate",
}
SHORT: Mapping[str, str] = {
    "off_topic": "Off topic",
    "spam": "Advertising",
    "abusive": "Insult or threat",
    "misleading": "Misleading",
    "private": "Private",
    "illegal": "Illegal",
}


KINDS: Mapping[str, str] = {"topic": "the topic", "profile": "the profile of", "file": "the file"}


class Exhibit(Struct, frozen=True):
    """A case with its topic, the posts around the one in question, and the record of who wrote it."""

    case: Case
    topic: Topic | None
    posts: Markup
    address: str
    number: int
    author: author_history.CaseAuthor


class QueueView(Struct, frozen=True):
    """What the page of the queue is made of."""

    page: CasePage
    only: CaseFilter
    waiting: int
    opened: Exhibit | None
    templates: Sequence[tuple[str, Reason]]
    viewer: int | None
    administers: bool
    pending: Sequence[PendingItem]
    # Who hosts here and moderates nothing has fewer measures.
    hosts_only: bool

    @property
    def query(self) -> str:
        """The filters as they stand in the address."""
        return query_of(self.only)

    @property
    def streams(self) -> str:
        """Where in its channels the page stands, for its script."""
        return msgspec.json.encode(self.page.streams).decode()

    def is_theirs(self, case: Case) -> bool:
        """Another moderator is at it."""
        return case.claim is not None and case.claim.by.id != self.viewer


class Viewing(Struct, frozen=True):
    """Who looks at the queue, from which epoch, with which words for groups, in which language."""

    actor: Actor
    epoch: str
    groups: Mapping[str, str]
    language: str
    ladder: Ladder


def query_of(only: CaseFilter) -> str:
    """Filters as they stand in an address; what is as usual is left out."""
    given = {
        "state": only.state if only.state != "open" else "",
        "sector": only.sector,
        "reason": only.reason,
        "language": only.language,
    }
    return urlencode({name: value for name, value in given.items() if value})


async def view_queue(
    tx: Reader, viewing: Viewing, only: CaseFilter, case_id: int | None, after: str | None
) -> QueueView:
    """The queue as somebody sees it, with the case they asked for, or the first that waits for them."""
    page = await queue.read_cases(tx, viewing.actor, viewing.epoch, only, after)
    waiting = await queue.count_waiting(tx, viewing.actor)
    wanted = case_id or _next(page, viewing.actor, only)
    opened = None if wanted is None else await exhibit(tx, viewing, wanted)
    viewer = viewing.actor.id
    return QueueView(
        page,
        only,
        waiting.waiting,
        opened,
        (await load_templates(tx)).offered(viewing.language),
        viewer,
        viewing.actor.is_administrator,
        (await read_pending(tx, viewing.actor)).items if only.state == "open" else [],
        not viewing.actor.is_administrator and not viewing.actor.moderates,
    )


async def exhibit(tx: Reader, viewing: Viewing, case_id: int) -> Exhibit:
    """One case with what stands around it."""
    actor = viewing.actor
    case = await queue.show_case(tx, actor, case_id)
    author = author_history.CaseAuthor()
    if not case.involved and (case.post is not None or case.held is not None or case.subject is not None):
        author = await author_history.read_case_author(tx, actor, case_id, viewing.ladder)
    if case.post is None:
        return Exhibit(case, None, await _answered(tx, viewing, case), "", 0, author)
    number = case.post.number
    place = PageStart(order="time", number=max(1, number - _AROUND))
    found = await read_topic_page(tx, actor, TopicId(case.post.topic), place, viewing.epoch)
    near = [each for each in found.posts.items if each.number <= number + _AROUND]
    address = address_of(found.topic)
    return Exhibit(case, found.topic, shown(near, address, number, viewing), address, number, author)


async def _answered(tx: Reader, viewing: Viewing, case: Case) -> Markup:
    # What is held has no place yet: only what it answers stands beside it.
    if case.held is None or case.held.parent is None:
        return Markup()
    found = await read_posts_by_id(tx, viewing.actor, [case.held.parent])
    return shown(list(found.values()), "", 0, viewing)


def shown(posts: Sequence[Post], address: str, number: int, viewing: Viewing) -> Markup:
    """Posts as they stand elsewhere, without what one could do there."""
    place = post_html.Place(
        address=address, in_tree=False, here=number, groups=viewing.groups, viewer=viewing.actor.id
    )
    return post_html.contributions(posts, place)


def _next(page: CasePage, actor: Actor, only: CaseFilter) -> int | None:
    if only.state != "open":
        return None
    free = [case for case in page.items if not case.involved]
    mine = [case for case in free if case.claim is not None and case.claim.by.id == actor.id]
    return next((case.id for case in (*mine, *(case for case in free if case.claim is None), *free)), None)
