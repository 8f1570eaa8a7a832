"""What keeping facts is worth, and what it costs a revocation."""
