"""The step ValidateImages."""
