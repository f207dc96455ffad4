"""Tests of the quality of search: queries in ten languages with their right answers."""

from tests.support.people import a_topic
from tests.support.search_archive import Archive, find_misses, read_texts

MIN_SCORE = 0.95


async def test_the_right_answer_is_among_the_first_three_results(archive: Archive) -> None:
    texts = list(read_texts())
    count = sum(len(text.queries) for text in texts)
    for text in texts:
        await a_topic(archive.amina, text.title, text.body)
    await archive.app.run_jobs()
    misses = await find_misses(archive.jonas, texts)
    print(f"{count - len(misses)} of {count} queries", *misses, sep="\n")
    assert count >= 200
    assert len(misses) <= count * (1 - MIN_SCORE), misses
