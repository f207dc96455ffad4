-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.fold_all_words(words text[])
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT ARRAY(SELECT fold_words(one) FROM unnest(words) AS one)
$function$;
