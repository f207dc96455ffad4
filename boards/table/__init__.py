"""The table of a board: filtering, sorting and paging entries; the matrix, statistics and gaps made of them."""
