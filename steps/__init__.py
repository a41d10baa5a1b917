"""One room a step of the pipeline, in the order that data flows through them."""
