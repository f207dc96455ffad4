-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.first_gap(read int4multirange)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
    SELECT CASE WHEN lower(read) <= 1 THEN (SELECT upper(first) FROM unnest(read) AS first LIMIT 1) ELSE 1 END
$function$;
