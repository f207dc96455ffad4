"""Imports of tables into boards, by curators.

reading: how a file is read (encoding, delimiter, row of headings) · mapping: the field to which each column belongs, which
the board remembers · habits: the decimal sign and the order of dates that the clear cells of a file show · question: what no
cell decides, so that a person is asked · preview: what each row would change · application: the changes in one transaction.
"""
