"""The local SageMaker: an AWS API on loopback that executes pipeline definitions."""
