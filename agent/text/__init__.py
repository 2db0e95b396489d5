"""Text: a suggestion for the tag of a journal entry, made on this machine; pure but for `shipped`.

tags          the four tags, and why a suggestion is withheld
tokens        a text as tokens: one Unicode form, lower case, bounded length
language      whether a text is probably English, in Latin letters
features      words, stems, pairs and triples as 32-bit hashes
table         the model file: a sorted list of hashes with four int8 weights each, read by one strict parser
suggest       the answer: a tag with its probabilities, or the reason why there is none
shipped       the table that comes with the program, checked by its hash
availability  where suggestions may exist at all

A suggestion is no measurement of a person and no detector of distress: the person chooses the tag. No text is kept,
logged or part of an error here.
"""
