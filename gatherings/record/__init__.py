"""The record of a room or gathering (`report` in the API): attendance, questions, polls, notices and outcomes.

full record: the hosts' version, with dismissed and pending questions · export: the record as JSON, CSV or XLSX, always
without small cells · formula injection: a text that a spreadsheet would run as a formula.
"""
