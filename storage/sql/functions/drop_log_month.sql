-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.drop_log_month(before timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET "TimeZone" TO 'UTC'
 SET lock_timeout TO '100ms'
AS $function$
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
END $function$;
