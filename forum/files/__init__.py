"""Files that members upload, and the posts that use them.

upload: a file sent to the service; its type is detected from its content · prepared file: an upload in the form in which
it is stored, images without metadata · content: the bytes of a file, stored once under their SHA-256 for all who upload
the same · attachment: a file that a post uses (table `file_uses`); who can read the post can open the file · quota: how
much one member can store · PDF text: the words of a PDF, extracted by the worker for the search.
"""
