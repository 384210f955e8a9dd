"""What the service does with orders that it keeps, a file a capability."""
