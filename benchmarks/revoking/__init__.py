"""How long a revocation takes until it is acknowledged, and where the time of it goes."""
