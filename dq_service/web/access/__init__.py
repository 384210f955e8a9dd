"""Who comes in: the door before every call, what each call needs, limits, requests across sites, identity providers."""
