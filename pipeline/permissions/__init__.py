"""What the pipeline's role and whoever drives it must be allowed to do."""
