"""Shapes on the wire: marshmallow schemas, one file a noun. They document, check what comes in, name what goes out."""
