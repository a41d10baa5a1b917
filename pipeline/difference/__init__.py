"""What is different between two definitions, for people: no noise from hashes, order or defaults."""
