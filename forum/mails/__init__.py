"""One e-mail, read by its content: author, date, subject, text, and the mails it contains.

part: a MIME part, with its header and its body or its children · header fields: the fields of a part, unfolded, not yet
decoded · encoded word: `=?charset?Q?...?=` in a header · mailbox: a display name and an address · munged author: "NAME via
LIST", written by a list in place of the author · repair: what had to be guessed, replaced or left out to read a mail ·
digest: a mail of a list that contains the mails of some days · footer: what a list adds below a mail.
"""
