"""Pages of written discussion; how a post and a topic look."""
