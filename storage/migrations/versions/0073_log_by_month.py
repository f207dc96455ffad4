"""The event log in one partition for each month, so that old events are dropped with their month.

The rows stay where they are: the table becomes the first partition, with everything up to the end of the month (on its
last day, of the next). It is read through once, without holding up anybody; the rest takes milliseconds. `log_other` has
what belongs to no month, so that a write never fails for want of one. No index on `at` is left: none is needed to drop a
month.
"""

from alembic import op
from sqlalchemy import text

from storage.migrations.plain import run

revision = "0073"
down_revision = "0072"

# The first moment after the first partition: at least a day ahead, as others write meanwhile.
SELECT_END = """
SELECT to_char(date_trunc('month', now() + interval '1 day', 'UTC') AT TIME ZONE 'UTC' + interval '1 month', 'YYYY-MM')
"""
# A clock that was ahead has left events after that; they go to `log_other`.
SELECT_ALL_FIT = "SELECT NOT EXISTS (SELECT FROM log WHERE at >= '{end}')"

# What running processes may do to the old table, they may do to the new one.
UPGRADE = """
ALTER TABLE log RENAME TO {first};
CREATE TABLE log (
    channel text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    event jsonb NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE log_other PARTITION OF log (PRIMARY KEY (channel, seq)) DEFAULT;
WITH late AS (DELETE FROM {first} WHERE at >= '{end}' RETURNING channel, seq, at, event)
INSERT INTO log_other SELECT * FROM late;
ALTER TABLE log ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{end}');
ALTER TABLE {first} DROP CONSTRAINT log_end;
DROP INDEX log_at;
DO $$
DECLARE given record;
BEGIN
    FOR given IN
        SELECT a.grantee::regrole AS role, string_agg(a.privilege_type, ', ') AS rights
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = '{first}'::regclass AND a.grantee NOT IN (0, c.relowner) GROUP BY a.grantee
    LOOP
        EXECUTE format('GRANT %s ON log, log_other TO %s', given.rights, given.role);
    END LOOP;
END $$;
"""
FUNCTIONS = """
CREATE VIEW log_months AS
SELECT CAST(c.relname AS text) AS name,
    coalesce(CAST(substring(b.bounds FROM 'FROM \\(''(.+)''\\) TO') AS timestamptz), '-infinity') AS starts_at,
    CAST(substring(b.bounds FROM 'TO \\(''(.+)''\\)') AS timestamptz) AS ends_at
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, LATERAL pg_get_expr(c.relpartbound, c.oid) AS b (bounds)
WHERE i.inhparent = CAST('log' AS regclass) AND b.bounds <> 'DEFAULT';

-- Make the partitions of a month and the next two, if they are missing; return how many were made. It waits for no lock,
-- so that nobody waits behind it: it is called again.
CREATE FUNCTION make_log_months(now timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '100ms' AS $$
DECLARE
    starts timestamptz := date_trunc('month', now);
    ends timestamptz;
    made integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7341003) THEN
        RETURN 0;
    END IF;
    FOR n IN 0..2 LOOP
        ends := starts + interval '1 month';
        IF NOT EXISTS (SELECT FROM log_months m WHERE m.starts_at < ends AND m.ends_at > starts) THEN
            LOCK TABLE ONLY log_other IN ACCESS EXCLUSIVE MODE NOWAIT;
            EXECUTE format('CREATE TABLE log_%s (LIKE log_other INCLUDING ALL)', to_char(starts, 'YYYY_MM'));
            -- What a clock that was ahead has put there.
            EXECUTE format('WITH early AS (DELETE FROM log_other WHERE at >= %L AND at < %L RETURNING *)
                INSERT INTO log_%s SELECT * FROM early', starts, ends, to_char(starts, 'YYYY_MM'));
            EXECUTE format('ALTER TABLE log ATTACH PARTITION log_%s FOR VALUES FROM (%L) TO (%L)',
                to_char(starts, 'YYYY_MM'), starts, ends);
            made := made + 1;
        END IF;
        starts := ends;
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;

-- Drop the oldest partition if it ends at this time or before; return whether it was dropped. It waits for no lock either.
-- Events that the worker still has to handle move to log_other.
CREATE FUNCTION drop_log_month(before timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '100ms' AS $$
DECLARE
    month record;
    kept log[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(7341003) THEN
        RETURN false;
    END IF;
    SELECT * INTO month FROM log_months m WHERE m.ends_at <= before ORDER BY m.ends_at LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Read before the lock: old events get no new jobs.
    kept := ARRAY(
        SELECT l FROM follow_ups f JOIN log l ON l.channel = f.channel AND l.seq = f.seq
        WHERE l.at >= month.starts_at AND l.at < month.ends_at
    );
    LOCK TABLE ONLY log, ONLY log_other IN ACCESS EXCLUSIVE MODE NOWAIT;
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE NOWAIT', month.name);
    EXECUTE format('ALTER TABLE log DETACH PARTITION %I', month.name);
    INSERT INTO log SELECT * FROM unnest(kept);
    EXECUTE format('DROP TABLE %I', month.name);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
REVOKE EXECUTE ON FUNCTION make_log_months(timestamptz), drop_log_month(timestamptz) FROM PUBLIC;
"""
# A new database has nothing to keep.
MONTHS = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM {first}) THEN
        DROP TABLE {first};
    END IF;
    PERFORM make_log_months(now());
END $$;
"""


def upgrade() -> None:
    """Check that the rows fit into the first partition while others write, then put the table below a new one."""
    end = f"{op.get_bind().scalar(text(SELECT_END))}-01 00:00+00"
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("ALTER TABLE log DROP CONSTRAINT IF EXISTS log_end")
        op.execute(f"ALTER TABLE log ADD CONSTRAINT log_end CHECK (at < '{end}') NOT VALID")
        if op.get_bind().scalar(text(SELECT_ALL_FIT.format(end=end))):
            op.execute("ALTER TABLE log VALIDATE CONSTRAINT log_end")
        op.execute("RESET statement_timeout")
    first = f"log_before_{end[:4]}_{end[5:7]}"
    run(UPGRADE.format(first=first, end=end) + FUNCTIONS + MONTHS.format(first=first))
