"""Execution of pipeline definitions."""
