"""A server that is asked more than it can answer."""
