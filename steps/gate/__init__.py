"""AccuracyGate: registers and deploys only a model that is good enough."""
