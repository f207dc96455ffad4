-- Written by `make schema` from a migrated database; do not edit.

CREATE VIEW log_months AS
SELECT c.relname::text AS name,
    COALESCE("substring"(b.bounds, 'FROM \(''(.+)''\) TO'::text)::timestamp with time zone, '-infinity'::timestamp with time zone) AS starts_at,
    "substring"(b.bounds, 'TO \(''(.+)''\)'::text)::timestamp with time zone AS ends_at
   FROM pg_inherits i
     JOIN pg_class c ON c.oid = i.inhrelid,
    LATERAL pg_get_expr(c.relpartbound, c.oid) b(bounds)
  WHERE i.inhparent = 'log'::regclass::oid AND b.bounds <> 'DEFAULT'::text;
