"""Casbin's expression language: reading it, knowing what a part of it can do, and turning it into Python."""
