"""What an execution is started with, checked before the service is asked to start it."""
