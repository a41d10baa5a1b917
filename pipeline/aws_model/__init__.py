"""AWS's own description of its services, and what it asks of a request."""
