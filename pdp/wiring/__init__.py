"""The composition root: only its modules pick adapters, each the ones that it is about."""
