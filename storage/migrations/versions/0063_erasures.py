"""Erasures of accounts: who is to be forgotten, by id only; names are taken out of votes, texts and editions."""

from storage.migrations.plain import run

revision = "0063"
down_revision = "0062"

UPGRADE = r"""
CREATE TABLE erasures (
    member_id bigint PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    deletes text[] NOT NULL CHECK (deletes <@ '{posts,rooms,entries}'),
    begun_at timestamptz,
    ended_at timestamptz,
    handle_hash bytea,
    CHECK (ended_at IS NULL OR begun_at IS NOT NULL)
);
CREATE INDEX erasures_due ON erasures (due_at) WHERE ended_at IS NULL;
CREATE INDEX erasures_handle ON erasures (handle_hash) WHERE handle_hash IS NOT NULL;

-- Votes of accounts that were erased: they stay counted, and nobody knows whose they were.
ALTER TABLE questions ADD COLUMN former_votes integer NOT NULL DEFAULT 0 CHECK (former_votes >= 0);

-- `handle` and `name` are regular expressions that match only these words.
CREATE FUNCTION without_name(said text, handle text, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(said,
        '([@＠])' || handle, '\1deleted-member', 'gi'),
        '/m/' || handle, '/m/deleted-member', 'gi'),
        '([[>])' || name || ', #(\d)', '\1Former member, #\2', 'g')
$$;

-- An edition stays as it was published, except for the names of people who no longer want to be in it.
CREATE OR REPLACE FUNCTION editions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'published_by' = to_jsonb(OLD) - 'published_by' AND NEW.published_by IS NULL THEN
        RETURN NEW; -- who published it may leave
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'content' = to_jsonb(OLD) - 'content'
        AND current_setting('tertulia.erasing', true) = 'on' THEN
        RETURN NEW; -- boards/curation/erasure.py
    END IF;
    RAISE EXCEPTION 'an edition is never changed' USING ERRCODE = 'restrict_violation';
END $$;
"""


def upgrade() -> None:
    """Create the table, the column and the functions."""
    run(UPGRADE)
