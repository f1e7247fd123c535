"""Images, feature maps and bounding boxes."""
from . import boxes, correlation, crop, deformable, image, maps, resample, resize, roi, sampling, ssd, upsampling
