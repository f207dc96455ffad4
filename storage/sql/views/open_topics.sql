-- Written by `make schema` from a migrated database; do not edit.

CREATE VIEW open_topics AS
SELECT id,
    sector_id
   FROM topics
  WHERE withdrawn_at IS NULL AND hidden_at IS NULL AND merged_into IS NULL AND readers = 'everyone'::text;
