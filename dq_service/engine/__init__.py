"""Rules, compiled into a plan, take an order through four stages to a verdict."""
