-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.fold_entry_words()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    NEW.words := fold_words(NEW.words);
    RETURN NEW;
END
$function$;
