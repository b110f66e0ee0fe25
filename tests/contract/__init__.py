"""The five published documents, each lived as its clients live it."""
