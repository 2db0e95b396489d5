"""How expression.onnx is made: `make train-expression` (about half an hour on two cores).

people.py    photos, who is in the test, who trains
teacher.py   MediaPipe's newer landmark model and its 52 blendshapes
warps.py     known movements put into a photo
cover.py     painted masks and hands
degrade.py   what a webcam does to a picture
covers.py    rows of the judge of covered mouths
eye_cover.py   painted glasses, bars and hands over eyes
eye_covers.py  rows of the judge of covered eyes
samples.py   all of these together, many times, as numbers
train.py     the net, and its way into ONNX
figures.py   the tables of the model card
"""
