"""Backups: all rows of a database in one file, and restoring them into an empty database.

A backup is a tar file (gzip, optionally encrypted in the format of age, https://age-encryption.org/v1):

- `manifest.json`: when it was made, by which version, the revision of the schema, and the columns of each table
- `tables/NAME.00001.copy`, ...: the rows of a table, in the text format of PostgreSQL's COPY, in parts of some megabytes
- `checks.json`: the number of rows and the SHA-256 of each table, the positions of sequences, and the head of the audit log

Everything is read in one transaction that sees one moment (REPEATABLE READ), while the service runs. A backup without
`checks.json` is incomplete. The format depends neither on the version of PostgreSQL nor on that of the schema: a restore
migrates an empty database to the revision of the backup, loads the rows, and runs newer migrations afterwards.
"""
