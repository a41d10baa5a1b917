"""The validation for programs, for people, and in a few lines."""
