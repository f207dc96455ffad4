-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.ended_decision_hides_nothing()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM ensure_hidden_with_reason(object_kind, object_id) FROM cases WHERE id = NEW.case_id;
    RETURN NULL;
END $function$;
