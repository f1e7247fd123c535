"""What stands in the records of image files: a header with labels, then an encoded image."""
from __future__ import annotations

import numbers
import struct
from collections import namedtuple

import numpy as np

from ..base import MXNetError, MXNetTypeError, MXNetValueError
from ..opencv import opencv

__all__ = ["IRHeader", "pack", "unpack", "pack_img", "unpack_img"]

IRHeader = namedtuple("HEADER", ["flag", "label", "id", "id2"])
IRHeader.__doc__ = """The header of an image record.

Parameters
----------
flag : int
    How many labels stand between header and image; :func:`pack` finds it out. 0: the label is in the header.
label : float or array
id, id2 : int
    Numbers of the image, of 64 bits.
"""

_IR_FORMAT = "IfQQ"
_IR_SIZE = struct.calcsize(_IR_FORMAT)
_HEADER = struct.Struct("<" + _IR_FORMAT)


def pack(header: IRHeader, s: bytes) -> bytes:
    """Return a record of a header and the bytes `s`.

    Parameters
    ----------
    header : IRHeader
        A number as label goes into the header, anything else as float32 numbers behind it; the flag becomes how many.
    s : bytes

    Examples
    --------
    >>> record = mx.recordio.pack(mx.recordio.IRHeader(0, 4.0, 2574, 0), b'image')
    >>> mx.recordio.unpack(record)
    (HEADER(flag=0, label=4.0, id=2574, id2=0), b'image')
    """
    header = IRHeader(*header)
    labels = b""
    if isinstance(header.label, numbers.Number):
        header = header._replace(flag=0)
    else:
        label = np.asarray(header.label, dtype=np.float32)
        header = header._replace(flag=label.size, label=0)
        labels = label.tobytes()
    if not isinstance(s, (bytes, bytearray, memoryview)):
        raise MXNetTypeError(f"recordio.pack: s is {type(s).__name__}; expected bytes")
    try:
        with np.errstate(over="ignore"):  # a label beyond float32 is stored as infinity
            return _HEADER.pack(header.flag, np.float32(header.label), header.id, header.id2) + labels + bytes(s)
    except struct.error as error:
        raise MXNetValueError(f"recordio.pack: {header} does not fit: {error}; id and id2 are integers of 64 bits "
                              "without a sign") from error


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """Return header and content of a record that :func:`pack` has made.

    Returns
    -------
    header : IRHeader
        Its label is a float, or float32 of the shape (flag,) if the flag is above 0.
    s : bytes
    """
    try:
        header = IRHeader(*_HEADER.unpack(s[:_IR_SIZE]))
    except struct.error as error:
        raise MXNetError(f"recordio.unpack: the record has {len(s)} bytes, but an image record begins with a header of "
                         f"{_IR_SIZE}") from error
    s = s[_IR_SIZE:]
    if header.flag > 0:
        if len(s) < 4 * header.flag:
            raise MXNetValueError(f"recordio.unpack: the header speaks of {header.flag} labels, but only {len(s)} "
                                  "bytes follow it")
        header = header._replace(label=np.frombuffer(s, np.float32, header.flag))
        s = s[header.flag * 4:]
    return header, s


def pack_img(header: IRHeader, img: np.ndarray, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Return a record of a header and an image, which is encoded.

    Parameters
    ----------
    header : IRHeader
    img : numpy.ndarray
        (height, width, 3) in the order blue, green, red, or (height, width).
    quality : int
        1 to 100 for JPEG; for PNG 1 to 9, the compression.
    img_fmt : str
        ``'.jpg'``, ``'.png'``, or another format that OpenCV writes.
    """
    cv2 = opencv("recordio.pack_img")
    options = []
    if img_fmt.upper() in (".JPG", ".JPEG"):
        options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    elif img_fmt.upper() == ".PNG":
        options = [cv2.IMWRITE_PNG_COMPRESSION, quality]
    try:
        encoded, buffer = cv2.imencode(img_fmt, np.asarray(img), options)
    except cv2.error as error:
        raise MXNetValueError(f"recordio.pack_img: failed to encode image of shape {np.shape(img)} as {img_fmt!r}: "
                              f"{str(error).strip()}") from error
    if not encoded:
        raise MXNetError(f"recordio.pack_img: failed to encode image of shape {np.shape(img)} as {img_fmt!r}")
    return pack(header, buffer.tobytes())


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, np.ndarray | None]:
    """Return header and image of a record that :func:`pack_img` has made.

    Parameters
    ----------
    s : bytes
    iscolor : int
        1: in colours, 0: grey, -1: as it is.

    Returns
    -------
    header : IRHeader
    img : numpy.ndarray or None
        (height, width, 3) in the order blue, green, red, or (height, width). None if the bytes are no image.

    Raises
    ------
    MXNetError
        If there are no bytes after the header.
    """
    header, s = unpack(s)
    cv2 = opencv("recordio.unpack_img")
    buffer = np.frombuffer(s, np.uint8)
    if not len(buffer):
        raise MXNetError(f"recordio.unpack_img: the record with the id {header.id} holds no image: it ends after its "
                         "header")
    return header, cv2.imdecode(buffer, iscolor)
