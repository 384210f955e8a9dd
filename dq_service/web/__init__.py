"""The service over HTTP: the API, and the server that it runs on."""
