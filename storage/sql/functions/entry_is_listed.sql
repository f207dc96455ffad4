-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.entry_is_listed(entries)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT $1.merged_into IS NULL AND p.state = 'published' AND t.hidden_at IS NULL AND t.withdrawn_at IS NULL
    FROM posts p, topics t WHERE p.id = $1.post_id AND t.id = $1.topic_id
$function$;
