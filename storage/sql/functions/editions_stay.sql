-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.editions_stay()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'published_by' = to_jsonb(OLD) - 'published_by' AND NEW.published_by IS NULL THEN
        RETURN NEW; -- who published it may leave
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'content' = to_jsonb(OLD) - 'content'
        AND current_setting('tertulia.erasing', true) = 'on' THEN
        RETURN NEW; -- boards/curation/erasure.py
    END IF;
    RAISE EXCEPTION 'an edition is never changed' USING ERRCODE = 'restrict_violation';
END $function$;
