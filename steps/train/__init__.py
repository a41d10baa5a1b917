"""TrainModel: its config, its definition, and the local stand-in for the built-in algorithm."""
