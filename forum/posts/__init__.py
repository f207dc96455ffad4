"""Posts: inserting, holding, hiding and reading them, and where a moved post is now."""
