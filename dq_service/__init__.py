"""A linter and autofixer for delivery orders."""

__version__ = "0.1.0"
