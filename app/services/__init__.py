"""Every rule of the hospital: plain functions of an actor, without HTTP, forms or JSON."""
