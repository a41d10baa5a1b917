"""What a run of the pipeline and its endpoint would cost."""
