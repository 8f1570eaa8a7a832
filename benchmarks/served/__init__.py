"""Servers, side by side: an echo of the same bytes, this project's server, and Cerbos with an equivalent policy."""
