"""The languages of the interface: catalogues of translated texts, formats of numbers and dates, and the choice of one."""
