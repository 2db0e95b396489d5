"""What is stored, for whoever runs a study: tidy files, with a dictionary, under pseudonyms of the study.

rows    stored windows to flat rows      formats  FORMATS: one row a kind of file      folder  a whole export
"""
