-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.hidden_post_has_reason()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM ensure_hidden_with_reason('post', NEW.id);
    RETURN NULL;
END $function$;
