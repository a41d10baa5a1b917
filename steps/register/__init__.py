"""RegisterModel: enters a model that passed into the registry."""
