"""Which stored facts could matter to a request, and whether those that came with it agree with them."""

from pdp.gathering.agreeing import agreed_until, check_against_stored
from pdp.gathering.footprint import Footprint
from pdp.gathering.wanting import Wanting

__all__ = ["Footprint", "Wanting", "agreed_until", "check_against_stored"]
