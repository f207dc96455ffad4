"""Authorship, with a name and anonymously, for every combination of actors, topics and stored authors."""

from hypothesis import given
from hypothesis import strategies as st

from core.actor import VISITOR, Actor
from core.ids import MemberId, TopicId
from members.pseudonyms import LENGTH, is_author, own_pseudonym

_members = st.builds(
    lambda id, secret: Actor(id=MemberId(id), secret=secret),
    st.integers(1, 5),
    st.none() | st.binary(min_size=32, max_size=32),
)
_topics = st.integers(1, 2**31).map(TopicId)


@given(_members, _members, _topics)
def test_a_named_text_belongs_to_the_member_whose_id_it_has(actor: Actor, author: Actor, topic: TopicId):
    assert is_author(actor, topic, author.id, None) == (actor.id == author.id)
    assert not is_author(VISITOR, topic, author.id, None)


@given(_members, _members, _topics, _topics)
def test_an_anonymous_text_belongs_to_the_secret_it_was_written_with_in_its_topic(
    actor: Actor, author: Actor, topic: TopicId, other: TopicId
):
    written_as = own_pseudonym(author, topic)
    if written_as is None:
        return

    assert len(written_as) == LENGTH
    assert is_author(author, topic, None, written_as)
    assert is_author(author, other, None, written_as) == (topic == other)
    # The id of a member says nothing about an anonymous text: only the secret does.
    assert is_author(actor, topic, actor.id, written_as) == (actor.secret == author.secret)
    assert not is_author(VISITOR, topic, None, written_as)


@given(_topics)
def test_a_text_without_author_and_pseudonym_belongs_to_nobody(topic: TopicId):
    assert not is_author(VISITOR, topic, None, None)
    assert not is_author(Actor(id=MemberId(1), secret=b"s" * 32), topic, None, None)
