"""How one image is read, decoded and looked at."""
