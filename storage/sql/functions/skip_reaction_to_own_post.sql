-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.skip_reaction_to_own_post()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM posts WHERE id = NEW.post_id AND author_id = NEW.member_id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$function$;
