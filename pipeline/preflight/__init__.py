"""Checks of what a pipeline needs of AWS, before it costs anything."""
