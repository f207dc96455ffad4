-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.search_person_again()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO search_people_queue (member_id) VALUES (NEW.id);
    RETURN NULL;
END $function$;
