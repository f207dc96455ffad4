-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER search_topic AFTER UPDATE OF title, titles, tags, sector_id ON topics FOR EACH ROW WHEN (old.title IS DISTINCT FROM new.title OR old.titles IS DISTINCT FROM new.titles OR old.tags IS DISTINCT FROM new.tags OR old.sector_id IS DISTINCT FROM new.sector_id) EXECUTE FUNCTION search_topic_again();
