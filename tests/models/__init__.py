"""What the database keeps by itself."""
