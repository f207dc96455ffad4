-- Written by `make schema` from a migrated database; do not edit.

CREATE OR REPLACE FUNCTION public.search_candidates(wanted tsquery, words tsquery, since timestamp with time zone, until timestamp with time zone, before bigint, most integer)
 RETURNS TABLE(post_id bigint, posted_at timestamp with time zone, language text, rank real, is_more boolean)
 LANGUAGE plpgsql
AS $function$
DECLARE
    weights constant real[] := '{0.05, 0.1, 0.6, 1.0}';
    fits text := CASE WHEN numnode(wanted) > 0 THEN 's.vector @@ $1 AND' ELSE '' END;
    expected json;
    hits bigint[];
BEGIN
    IF numnode(wanted) > 0 THEN
        EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM search_posts WHERE vector @@ %L::tsquery', wanted) INTO expected;
        IF (expected -> 0 -> 'Plan' ->> 'Plan Rows')::float > 1000 THEN
            EXECUTE 'SELECT array_agg(h.post_id) FROM (SELECT w.post_id FROM (
                SELECT s.post_id, s.vector FROM search_posts s
                WHERE s.posted_at >= $2 AND (s.posted_at, s.post_id) < ($3, $4)
                ORDER BY s.posted_at DESC, s.post_id DESC LIMIT 20000) w WHERE w.vector @@ $1 LIMIT $5) h'
            INTO hits USING wanted, since, until, before, most;
            IF cardinality(hits) >= least(150, most) THEN
                RETURN QUERY SELECT s.post_id, s.posted_at, s.language, ts_rank_cd(weights, s.vector, words, 1), true
                FROM search_posts s WHERE s.post_id = ANY(hits);
                RETURN;
            END IF;
        END IF;
    END IF;
    -- The inner limit keeps the planner from walking through all posts in their order in the hope that a few fit soon.
    RETURN QUERY EXECUTE 'SELECT n.post_id, n.posted_at, n.language, ts_rank_cd($7, n.vector, $2, 1), count(*) OVER () = $6
        FROM (SELECT s.* FROM search_posts s WHERE ' || fits || ' s.posted_at >= $3 AND (s.posted_at, s.post_id) < ($4, $5)
        ORDER BY s.posted_at DESC, s.post_id DESC LIMIT greatest($6, 1000)) n LIMIT $6'
    USING wanted, words, since, until, before, most, weights;
END $function$;
