"""``mx.io``: what feeds training, batch by batch."""
from .arrays import NDArrayIter
from .image_record import (
    ImageRecordInt8Iter,
    ImageRecordIter,
    ImageRecordIter_v1,
    ImageRecordUInt8Iter,
    ImageRecordUInt8Iter_v1,
)
from .image_record_detection import ImageDetRecordIter
from .iterators import DataBatch, DataDesc, DataIter, ResizeIter
from .libsvm import LibSVMIter
from .prefetching import PrefetchingIter
from .readers import CSVIter, MNISTIter, MXDataIter

__all__ = ["DataBatch", "DataDesc", "DataIter", "NDArrayIter", "PrefetchingIter", "ResizeIter", "MXDataIter",
           "MNISTIter", "CSVIter", "ImageRecordIter", "ImageRecordUInt8Iter", "ImageRecordInt8Iter",
           "ImageRecordIter_v1", "ImageRecordUInt8Iter_v1", "ImageDetRecordIter", "LibSVMIter"]
