"""The review queue: what waits for a person, in which order, who has it open, and what becomes of what they decide."""
