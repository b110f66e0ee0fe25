"""What runs after the request."""
