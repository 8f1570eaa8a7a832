"""Engines in process, side by side: one policy, the same questions, a process for each engine."""
