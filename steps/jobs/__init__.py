"""What the rooms with jobs share."""
