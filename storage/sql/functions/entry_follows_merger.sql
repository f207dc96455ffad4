-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.entry_follows_merger()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.is_listed = entry_is_listed(NEW);
    RETURN NEW;
END $function$;
