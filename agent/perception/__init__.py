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
pictures.py    photos and clips from files
"""

import os

# OpenCV reads these when it is loaded, and each part of this room loads it: so they stand here. They are set, not
# offered: no variable of the caller's may make it write words where ours go, or open what is no clip.
os.environ |= {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_VIDEOIO_DEBUG": "0",
    "OPENCV_FFMPEG_DEBUG": "0",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # a playlist is a text file that names other files: only containers of pictures are opened, only from this disk
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "protocol_whitelist;file|format_whitelist;mov,matroska,avi,mpegts,mpeg,ogg,flv",
    "OPENCV_IO_MAX_IMAGE_PIXELS": "60000000",  # a picture of 124 kB can ask for 6 GB
    # Windows: opening through Media Foundation takes 12 to 90 s with these transforms on (opencv#17687)
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",
}
