"""From what a pipeline is to what it should be: the plan, and doing it."""
