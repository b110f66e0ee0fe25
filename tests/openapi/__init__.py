"""The API as its own document describes it: every operation is called with what the document allows and forbids."""
