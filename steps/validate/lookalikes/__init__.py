"""Images that look alike, found among millions."""
