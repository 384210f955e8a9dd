"""A file of orders is read: what `dq check FILE` takes, and what `--fix` writes back."""
