-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.ensure_hidden_with_reason(kind text, object bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF is_hidden(kind, object) AND NOT EXISTS (
        SELECT FROM decisions d JOIN cases c ON c.id = d.case_id
        WHERE c.object_kind = kind AND c.object_id = object AND d.action = 'hide'
            AND d.undone_at IS NULL AND d.reversed_at IS NULL)
    THEN
        RAISE check_violation USING
            MESSAGE = format('%s %s is hidden, and no decision says why', kind, object),
            CONSTRAINT = 'hidden_with_reasons';
    END IF;
END $function$;
