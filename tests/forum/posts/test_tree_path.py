"""Tree paths in Python: they sort as the tree does, decode to what was encoded, and equal those of the database."""

from hypothesis import given
from hypothesis import strategies as st

from forum.posts.tree_path import decode_ordinal, encode_segment, last_segment
from tests.support.service import Service, raw_sql

_LARGEST = 0xFFFFFF - 0xF00000 + 240
_ordinals = st.integers(0, 500) | st.integers(0, _LARGEST)


@given(st.lists(_ordinals, min_size=1, max_size=20))
def test_the_last_segment_of_a_path_is_the_one_that_was_appended(ordinals: list[int]):
    path = b"".join(map(encode_segment, ordinals))

    assert last_segment(path) == encode_segment(ordinals[-1])
    assert decode_ordinal(path) == ordinals[0]


@given(st.lists(_ordinals, max_size=6), st.lists(_ordinals, max_size=6))
def test_paths_sort_as_the_posts_of_a_tree_do(one: list[int], other: list[int]):
    paths = [b"".join(map(encode_segment, ordinals)) for ordinals in (one, other)]

    assert (paths[0] < paths[1]) == (one < other)


async def test_the_database_writes_the_same_segments(service: Service):
    samples = {*range(1_000), 70_000, _LARGEST}

    @given(st.sets(_ordinals, max_size=100))
    def sample(ordinals: set[int]) -> None:
        samples.update(ordinals)

    sample()
    rows = await raw_sql(service.db).fetch(
        "SELECT n, path_segment(n) AS segment FROM unnest($1::integer[]) AS n", sorted(samples)
    )

    assert {row["n"]: row["segment"] for row in rows} == {n: encode_segment(n) for n in samples}
