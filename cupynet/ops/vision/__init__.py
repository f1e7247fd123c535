"""Images, feature maps and bounding boxes."""
from . import (
    boxes,
    correlation,
    crop,
    deformable,
    files,
    image,
    maps,
    position_sensitive,
    proposal,
    resample,
    resize,
    roi,
    rotated,
    sampling,
    ssd,
    upsampling,
)
