"""ScoreValidation: the model's probabilities for every validation image."""
