"""How the text model is made and measured: never imported by the program.

goemotions   the texts, and the four tags of their emotions
vocabulary   which words and features are read
training     the weights, in int8, and the constants beside them
movement     how far a word of who a person is moves a probability
measures     macro-F1, calibration error, shares
figures      every figure of the card, from the shipped file
card         the tables of models/sentiment.md and the file models/sentiment.json
"""
