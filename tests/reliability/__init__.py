"""Guarantees under load and failure."""
