-- Written by `make schema` from a migrated database; do not edit.

CREATE VIEW public_authors AS
SELECT id,
    handle,
    display_name,
        CASE
            WHEN 'stakeholder_group'::text = ANY (public) THEN stakeholder_group
            ELSE NULL::text
        END AS "group",
    picture
   FROM members;
