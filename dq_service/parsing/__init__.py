"""How text is read: addresses, phones, e-mail addresses, instants. What cannot be read is a value, never an error."""
