"""Who is asking: credentials in, a known caller out; it decides nothing about people's data."""

from pdp.callers.book import Passport, Presented
from pdp.callers.live import LiveCallers
from pdp.callers.methods import EVERY_METHOD

__all__ = ["EVERY_METHOD", "LiveCallers", "Passport", "Presented"]
