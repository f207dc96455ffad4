-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.hidden_has_reason()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM ensure_hidden_with_reason(TG_ARGV[0], NEW.id);
    RETURN NULL;
END $function$;
