"""The instrument of `make bench`: how quick the portal is, next to what its server and its database allow."""
