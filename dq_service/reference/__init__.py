"""What we know of the world: places, streets, words, countries, and what a partner has imported."""
