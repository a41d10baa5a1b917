"""Executors: one for each type of step."""
