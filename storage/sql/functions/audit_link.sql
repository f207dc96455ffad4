-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.audit_link()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
    UPDATE audit_head SET number = number + 1 RETURNING number, hash INTO NEW.number, NEW.previous;
    NEW.hash := sha256(NEW.previous || convert_to(concat_ws(E'\n', NEW.number,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), NEW.kind, coalesce(NEW.by_id, 0),
        coalesce(NEW.sector_id, 0), coalesce(NEW.gathering_id, 0), NEW.about::text), 'UTF8'));
    UPDATE audit_head SET hash = NEW.hash;
    RETURN NEW;
END $function$;
