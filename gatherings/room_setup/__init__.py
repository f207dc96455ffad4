"""Setting up a room: planning it, its settings, its guests and its panel."""
