"""Tests in a real browser: what people see, by keyboard too, with and without JavaScript."""
