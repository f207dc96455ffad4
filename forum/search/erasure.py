"""Erasure from the search index: deleted posts, words that stood only in them, and searches of others for the member."""

from collections.abc import Sequence

from forum.search.terms import to_term
from forum.search.texts import indexed_text, suggestible_words
from storage.database import Transaction
from storage.statements import statement

SELECT_TEXTS_OF_POSTS = statement("""
SELECT p.html, t.title FROM posts p JOIN topics t ON t.id = p.topic_id WHERE p.id = ANY(CAST(:ids AS bigint[]))
""")
DELETE_SEARCH_POSTS = statement("DELETE FROM search_posts WHERE post_id = ANY(CAST(:ids AS bigint[]))")
DELETE_WORDS_OF_NO_POST = statement("""
DELETE FROM search_words w USING unnest(CAST(:words AS text[]), CAST(:queries AS text[])) AS u (word, query)
WHERE w.word = u.word AND NOT EXISTS (SELECT FROM search_posts s WHERE s.vector @@ CAST(u.query AS tsquery))
""")
DELETE_SEARCH_OF_PERSON = statement("DELETE FROM search_people_queue WHERE member_id = :member")
DELETE_SEARCHES_FOR_MEMBER = statement("DELETE FROM saved_searches WHERE query ~* :by")


async def words_of_posts(tx: Transaction, post_ids: Sequence[int]) -> set[str]:
    """Return the words of these posts that search may suggest."""
    rows = await tx.rows(SELECT_TEXTS_OF_POSTS, ids=list(post_ids))
    return {word for row in rows for word in suggestible_words(f"{row['title']} {indexed_text(row['html'])}")}


async def remove_from_index(tx: Transaction, post_ids: Sequence[int], words: set[str]) -> None:
    """Remove these posts from the index; what is left of them is indexed again. Of the words, those in no other post go."""
    await tx.run(DELETE_SEARCH_POSTS, ids=list(post_ids))
    terms = {word: term for word in sorted(words) if (term := to_term(word, ()))}
    await tx.run(
        DELETE_WORDS_OF_NO_POST, words=list(terms), queries=[term.written() for term in terms.values()]
    )


async def forget_searches(tx: Transaction, member: int, handle: str) -> None:
    """Delete what was saved to search for posts of a member; `handle` is a regular expression."""
    await tx.run(DELETE_SEARCH_OF_PERSON, member=member)
    await tx.run(DELETE_SEARCHES_FOR_MEMBER, by=f"(by:|@){handle}")
