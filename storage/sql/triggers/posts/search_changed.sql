-- Written by `make schema` from a migrated database; do not edit.

CREATE TRIGGER search_changed AFTER UPDATE OF html, author_id, topic_id, number ON posts FOR EACH ROW WHEN (old.html IS DISTINCT FROM new.html OR old.author_id IS DISTINCT FROM new.author_id OR old.topic_id IS DISTINCT FROM new.topic_id OR old.number IS DISTINCT FROM new.number) EXECUTE FUNCTION search_again();
