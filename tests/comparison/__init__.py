"""The compiled engine beside PyCasbin: random worlds, and whatever they have ever disagreed about."""
