-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.make_log_months(now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET lock_timeout TO '100ms'
AS $function$
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
END $function$;
