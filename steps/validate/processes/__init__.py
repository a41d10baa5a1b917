"""Work on untrusted input in processes of its own."""
