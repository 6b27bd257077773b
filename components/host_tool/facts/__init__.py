"""What there is on a host, found without changing anything."""
