-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.mail_due(every text, zone text, told timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT CASE every
        WHEN 'at_once' THEN told + interval '10 minutes'
        WHEN 'daily' THEN greatest(told + interval '10 minutes',
            (date_trunc('day', (told AT TIME ZONE zone) - interval '7 hours') + interval '1 day 7 hours')
            AT TIME ZONE zone)
        WHEN 'weekly' THEN greatest(told + interval '10 minutes',
            (date_trunc('week', (told AT TIME ZONE zone) - interval '7 hours') + interval '7 days 7 hours')
            AT TIME ZONE zone)
    END
$function$;
