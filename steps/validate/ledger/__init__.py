"""What is known of every file."""
