"""What a careful reader would ask about a policy that may be served: nothing here keeps it from being served."""

from pdp.review.mending import mended
from pdp.review.reviewing import review

__all__ = ["mended", "review"]
