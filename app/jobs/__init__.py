"""What runs after the request: each job calls the services and ends in a commit."""
