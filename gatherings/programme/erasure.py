"""Erasure of speakers: a programme no longer names somebody whose account it linked to."""

from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

UPDATE_SPEAKERS_UNNAMED = statement("""
UPDATE programme_sessions SET version = version + 1, speakers = (
    SELECT jsonb_agg(CASE WHEN speaker ->> 'handle' = :handle
        THEN jsonb_build_object('name', CAST(:former AS text)) ELSE speaker END ORDER BY place)
    FROM jsonb_array_elements(speakers) WITH ORDINALITY AS s (speaker, place))
WHERE speakers @> jsonb_build_array(jsonb_build_object('handle', CAST(:handle AS text)))
""")


async def unname_speakers(tx: Transaction, erasure: Erasure, former_name: str) -> None:
    """Take the name, the organisation and the link of the member out of all programmes."""
    await tx.run(UPDATE_SPEAKERS_UNNAMED, handle=erasure.handle, former=former_name)
