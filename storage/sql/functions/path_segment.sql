-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.path_segment(n integer)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE WHEN n < 240 THEN set_byte('\x00'::bytea, 0, n) ELSE decode(to_hex(15728640 + n - 240), 'hex') END
$function$;
