"""The audit log: rows that cannot be changed, each chained to the one before."""

from storage.migrations.plain import run

revision = "0015"
down_revision = "0014"

AUDIT = """
CREATE TABLE audit (
    number bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z_]+$'),
    -- Ids without foreign keys: erasing a member elsewhere changes nothing here.
    by_id bigint,
    sector_id bigint,
    gathering_id bigint,
    about jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE INDEX audit_sector ON audit (sector_id, number);
CREATE INDEX audit_gathering ON audit (gathering_id, number) WHERE gathering_id IS NOT NULL;

-- The end of the chain, so that rows missing at the end are noticed too.
CREATE TABLE audit_head (number bigint NOT NULL, hash bytea NOT NULL);
CREATE UNIQUE INDEX audit_has_one_head ON audit_head ((true));
INSERT INTO audit_head VALUES (0, sha256(''));

-- Runs as the owner: the role that inserts rows can neither choose their numbers nor change the head.
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE audit_head SET number = number + 1 RETURNING number, hash INTO NEW.number, NEW.previous;
    NEW.hash := sha256(NEW.previous || convert_to(concat_ws(E'\\n', NEW.number,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), NEW.kind, coalesce(NEW.by_id, 0),
        coalesce(NEW.sector_id, 0), coalesce(NEW.gathering_id, 0), NEW.about::text), 'UTF8'));
    UPDATE audit_head SET hash = NEW.hash;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_link BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_link();

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""


def upgrade() -> None:
    run(AUDIT)
