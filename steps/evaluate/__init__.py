"""The step EvaluateModel."""
