"""Files: uploads, what may be uploaded, attachments of posts, and the text of PDF files."""
