"""``mx.recordio``: records in files, read in order or by keys, and what stands in those of images."""
from .framing import RecordFile
from .packing import _IR_FORMAT, _IR_SIZE, IRHeader, pack, pack_img, unpack, unpack_img
from .recordio import MXIndexedRecordIO, MXRecordIO, NoSuchFile

__all__ = ["MXRecordIO", "MXIndexedRecordIO", "IRHeader", "pack", "unpack", "pack_img", "unpack_img", "RecordFile"]
