"""Evidence: HTTP checks of the links in entries, and verification of entries at regular intervals."""
