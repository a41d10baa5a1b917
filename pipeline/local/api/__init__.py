"""The SageMaker API over the records."""
