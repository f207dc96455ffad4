"""The database schema as files: schema.sql with the tables, and one file for each function, trigger and view.

The files describe a database that all migrations have brought to the newest revision. `make schema` writes them; nothing
reads them but people, and a test that compares them with a migrated database. Only migrations change a database.
"""
