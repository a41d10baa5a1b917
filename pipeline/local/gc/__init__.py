"""What may go of what the local SageMaker keeps, and its removal."""
