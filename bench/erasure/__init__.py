"""How long it takes to erase somebody from a community that has grown."""
