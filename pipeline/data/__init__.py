"""Images: a folder of them, a sample, and their way to S3."""
