"""The story of the demonstration holds together: nobody acts before they join, and it has what it promises."""

from collections.abc import Iterator

import msgspec

from tertulia.community import read_community
from tertulia.demonstration.story import read_story
from tertulia.http.look_around import LOOK_AROUND
from tertulia.settings import Settings

STORY = read_story()
JOINED = {person.handle: person.joined for person in STORY.people}


def deeds() -> Iterator[tuple[str, float, str]]:
    """Who does what, and how many days before the demonstration begins."""
    for topic in STORY.topics:
        yield topic.author, topic.days, topic.title
        for reply in topic.replies:
            yield reply.author, reply.days, f"reply in {topic.title}"
    yield STORY.board.curator, STORY.board.days, "begin the stock-take"
    for entry in STORY.board.entries:
        yield entry.author, entry.days, "add an entry"
        for place, handle in enumerate(entry.confirmed_by, start=1):
            yield handle, entry.days - 1.3 * place, "confirm an entry"
    past = STORY.events.past
    for handle in [past.host, *past.attendees]:
        yield handle, past.days, "attend the webinar"
    for flagged in STORY.flagged:
        yield flagged.author, flagged.days, "post what is flagged"
        for handle, _ in flagged.flags:
            yield handle, flagged.days, "flag"


def test_nobody_acts_before_they_join():
    early = [(who, days, what) for who, days, what in deeds() if JOINED[who] <= days]

    assert not early


def test_a_reply_comes_after_what_it_answers():
    for topic in STORY.topics:
        times = [topic.days, *(reply.days for reply in topic.replies)]
        assert times == sorted(times, reverse=True), topic.title
        for number, reply in enumerate(topic.replies, start=2):
            assert reply.to is None or 2 <= reply.to < number, (topic.title, number)
            assert set(reply.thanks) <= JOINED.keys() - {reply.author}, (topic.title, number)


def test_votes_and_answers_are_of_attendees():
    past = STORY.events.past
    for asked in past.questions:
        assert {asked.author, *asked.votes} <= set(past.attendees) and asked.author not in asked.votes
    assert len(past.poll.answers) <= len(past.attendees)
    assert all(answer < len(past.poll.options) for answer in past.poll.answers)


def test_the_community_is_as_wide_as_it_promises():
    community = read_community(Settings().community)
    taxonomies = community.taxonomies()
    assert len(STORY.people) == 30
    assert len({person.group for person in STORY.people}) >= 10
    assert {person.group for person in STORY.people} <= set(msgspec.to_builtins(taxonomies)["groups"])
    assert len({topic.language for topic in STORY.topics if topic.language}) >= 4
    handles = {handle for handle, _ in LOOK_AROUND.people}
    assert handles <= JOINED.keys()
