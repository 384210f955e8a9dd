"""The API: an order in, its result out, and how the service itself is doing."""
