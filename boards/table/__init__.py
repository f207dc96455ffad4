"""The table of a board: filtering, sorting and paging of entries, the matrix, statistics and gap claims."""
