"""Words in polls that rules catch: they are struck before anybody sees them, and hosts can restore them."""

from collections.abc import Sequence

from core import clock
from core.actor import Actor
from core.ids import PostId
from core.languages.texts import translatable
from forum.posts.screening import Screen, TextToScreen, find_first_post
from gatherings.events import PollChanged
from gatherings.polls.reading import FoundPoll
from gatherings.polls.words import word_key
from storage.database import Database
from storage.statements import statement

# The reason of a word that the filter struck; pages show it in the language of the reader.
CAUGHT = translatable("An automatic filter caught this word.")

# A word that is in a ballot already was seen, and hosts may have restored it: it is not struck again.
INSERT_CAUGHT_WORD = statement("""
INSERT INTO struck_words (poll_id, word, reason, struck_at)
SELECT p.id, CAST(:word AS text), CAST(:reason AS text), CAST(:now AS timestamptz) FROM polls p
WHERE p.id = :poll AND NOT EXISTS (
    SELECT FROM ballots b CROSS JOIN jsonb_array_elements_text(b.answer) given
    WHERE b.poll_id = p.id AND lower(given) = lower(CAST(:typed AS text)))
ON CONFLICT (poll_id, word) DO NOTHING
""")
INCREMENT_CAUGHT_POLL_VERSION = statement("UPDATE polls SET version = version + 1 WHERE id = :poll")


async def strike_caught_words(
    db: Database, screen: Screen, actor: Actor, found: FoundPoll, words: Sequence[str]
) -> None:
    """Screen the words of a ballot: strike those that a rule would hold, and report those that a rule reports.

    Nothing that is stored tells who gave the words. Hosts and moderators see the struck words, and restore them.
    """
    if await screen(actor, _to_screen(found, "\n".join(words)), None) is None:
        return
    verdicts = [(word, await screen(actor, _to_screen(found, word), None)) for word in words]
    async with db.begin() as tx:
        has_changed = 0
        for word, verdict in verdicts:
            if verdict is not None and verdict.holds:
                binds = {
                    "word": word_key(word),
                    "typed": word,
                    "reason": CAUGHT,
                    "now": clock.coarse(clock.now()),
                }
                has_changed |= await tx.run(INSERT_CAUGHT_WORD, poll=found.poll.id, **binds)
            elif verdict is not None and (post := await find_first_post(tx, found.room.topic_id)):
                await verdict.report(tx, PostId(post))
        if has_changed:
            await tx.run(INCREMENT_CAUGHT_POLL_VERSION, poll=found.poll.id)
            await tx.record(PollChanged(room_id=found.room.id, poll_id=found.poll.id))


def _to_screen(found: FoundPoll, text: str) -> TextToScreen:
    room = found.room
    return TextToScreen(
        kind="word", sector_id=room.sector_id, topic_id=room.topic_id, body=text, html="", is_unnamed=True
    )
