"""Tests of the JSON face, on the whole portal."""
