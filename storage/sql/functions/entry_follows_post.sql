-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.entry_follows_post()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE entries e SET is_listed = entry_is_listed(e) WHERE e.post_id = NEW.id;
    RETURN NULL;
END $function$;
