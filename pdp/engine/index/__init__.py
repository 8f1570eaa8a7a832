"""Rules by the texts of their fields: the one index that every engine here looks rules up in."""

from pdp.engine.index.allowing import AllowingTable, Codes
from pdp.engine.index.bits import BitColumn
from pdp.engine.index.buckets import Accepted, Bucket, Crowd
from pdp.engine.index.table import RowTable

__all__ = ["Accepted", "AllowingTable", "BitColumn", "Bucket", "Codes", "Crowd", "RowTable"]
