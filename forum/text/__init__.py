"""The texts of posts, from what a member types to what a reader sees.

source: a text as typed, in Markdown · rendering: Markdown or plain e-mail text to safe HTML, once, when it is written ·
sanitizer: removes all HTML that is not on a fixed list · mention: `@handle` · reference: a link to a topic or post of
this site · quotation: words of another post, stored once · marker: `[[quote ID]]`, which stands for a quotation in a
stored source · placeholder: the empty `<blockquote data-quote>` that stands for it in stored HTML · complexity: what
makes a text slow or huge to render · diff: the differences between two versions of a text · excerpt: the first words of
a text on one line · direction: whether a block is written from left to right or from right to left · prepared post: a
first post that the service wrote.
"""
