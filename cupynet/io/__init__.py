"""``mx.io``: what feeds training, batch by batch."""
from .arrays import NDArrayIter
from .image_record import ImageRecordInt8Iter, ImageRecordIter, ImageRecordUInt8Iter
from .iterators import DataBatch, DataDesc, DataIter, ResizeIter
from .prefetching import PrefetchingIter
from .readers import CSVIter, MNISTIter, MXDataIter

__all__ = ["DataBatch", "DataDesc", "DataIter", "NDArrayIter", "PrefetchingIter", "ResizeIter", "MXDataIter",
           "MNISTIter", "CSVIter", "ImageRecordIter", "ImageRecordUInt8Iter", "ImageRecordInt8Iter"]
