-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.audit_stays()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'restrict_violation';
END $function$;
