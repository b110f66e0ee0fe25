"""The hospital's rules, one file a noun."""
