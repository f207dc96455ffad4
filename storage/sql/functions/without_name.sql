-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.without_name(said text, handle text, name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT regexp_replace(regexp_replace(regexp_replace(said,
        '([@＠])' || handle, '\1deleted-member', 'gi'),
        '/m/' || handle, '/m/deleted-member', 'gi'),
        '([[>])' || name || ', #(\d)', '\1Former member, #\2', 'g')
$function$;
