-- Written by `make schema` from a migrated database; do not edit.

CREATE VIEW open_posts AS
SELECT p.id,
    p.topic_id,
    t.sector_id,
    p.author_id
   FROM posts p
     JOIN open_topics t ON t.id = p.topic_id
  WHERE p.state = 'published'::text;
