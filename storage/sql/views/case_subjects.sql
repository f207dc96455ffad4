-- Written by `make schema` from a migrated database; do not edit.

CREATE VIEW case_subjects AS
SELECT c.id AS case_id,
    t.id AS topic_id,
    t.gathering_id,
        CASE c.object_kind
            WHEN 'post'::text THEN p.author_id
            WHEN 'topic'::text THEN t.author_id
            WHEN 'profile'::text THEN m.id
            ELSE
            CASE
                WHEN u.pseudonym IS NULL THEN f.uploaded_by
                ELSE NULL::bigint
            END
        END AS author_id,
    COALESCE(p.pseudonym, u.pseudonym) AS pseudonym,
        CASE
            WHEN c.object_kind = 'profile'::text THEN 'everyone'::text
            ELSE COALESCE(t.readers, 'listed'::text)
        END AS readers,
    c.object_kind = 'profile'::text OR COALESCE(t.readers = 'everyone'::text, false) AS is_public
   FROM cases c
     LEFT JOIN posts p ON c.object_kind = 'post'::text AND p.id = c.object_id
     LEFT JOIN members m ON c.object_kind = 'profile'::text AND m.id = c.object_id
     LEFT JOIN files f ON c.object_kind = 'file'::text AND f.id = c.object_id
     LEFT JOIN LATERAL ( SELECT q.topic_id,
            q.pseudonym
           FROM file_uses fu
             JOIN posts q ON q.id = fu.post_id
          WHERE c.object_kind = 'file'::text AND fu.file_id = c.object_id AND q.state <> 'held'::text
          ORDER BY q.id
         LIMIT 1) u ON true
     LEFT JOIN topics t ON t.id =
        CASE
            WHEN c.object_kind = 'topic'::text THEN c.object_id
            ELSE COALESCE(p.topic_id, u.topic_id)
        END;
