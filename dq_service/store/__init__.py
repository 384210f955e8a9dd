"""What is kept: tables, what is asked of them, and the one place that writes."""
