"""What the report pages share: their look, their elements, pictures that hold nobody else's bytes."""
