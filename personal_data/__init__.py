"""Personal data over all capabilities: the export that members download, and the erasure of accounts.

declaration: what a capability says about each column of its tables (`personal_data.py`) · erasure: deleting everything about
a member that nobody else needs · former member: who takes the place of all erased authors · held: kept until an open case or
appeal has ended · replay: erasing again what a restored backup has brought back.
"""
