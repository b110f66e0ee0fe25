"""What tests stand on: real servers, databases made from templates, clients, counters."""
