-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.is_hidden(kind text, object bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT CASE kind
        WHEN 'post' THEN EXISTS (SELECT FROM posts WHERE id = object AND state = 'hidden')
        -- What a held post was to open is not there yet: that takes nothing from anybody.
        WHEN 'topic' THEN EXISTS (SELECT FROM topics t WHERE t.id = object AND hidden_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM posts p JOIN held_posts h ON h.post_id = p.id
            WHERE p.topic_id = t.id AND h.opens AND h.outcome IS DISTINCT FROM 'approved'))
        WHEN 'profile' THEN EXISTS (SELECT FROM members WHERE id = object AND profile_hidden_at IS NOT NULL)
        ELSE EXISTS (SELECT FROM files WHERE id = object AND hidden_at IS NOT NULL) END
$function$;
