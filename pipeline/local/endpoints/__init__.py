"""Endpoints of the local SageMaker: models served as real HTTP servers, and how they are updated."""
