"""Perception: an image in, numbers out; every model is checked against its hash before it runs.

store.py       the manifest, where model files lie, their hashes
fetch.py       `wardbeat models fetch`: from a folder, or out of one wheel
litert.py      a .tflite file as a function of arrays
onnx.py        an ONNX file, by a runtime that is told to be silent
crops.py       turned squares cut out of a frame, and points back into it
detect.py      where faces are
landmarks.py   468 points of one face, and how much the model believes in it
iris.py        the lids' contour and the iris of one eye
light.py       brightness, clipping and sharpness of a face
affect.py      a model that somebody brings
expression.py  our own model: points to named facial actions
look.py        what is told of a frame
face.py        the whole way from a frame to a `Look`
"""
