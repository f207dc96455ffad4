"""Forms that are refused: a page of their own for the short forms inside lists, which their pages do not show again."""
