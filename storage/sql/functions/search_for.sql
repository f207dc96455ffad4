-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.search_for(configurations text[], words text)
 RETURNS tsquery
 LANGUAGE plpgsql
 STABLE
AS $function$
DECLARE one text; asked tsquery; known text[] := '{}'; made tsquery := ''::tsquery;
BEGIN
    FOREACH one IN ARRAY configurations LOOP
        asked := websearch_to_tsquery(one::regconfig, words);
        -- What two languages ask for alike is looked for once.
        CONTINUE WHEN asked::text = ANY(known);
        known := known || asked::text;
        made := made || asked;
    END LOOP;
    RETURN made;
END $function$;
