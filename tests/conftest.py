"""How Hypothesis looks for trouble: quickly on a desk, the same way every time in CI."""

import os

from hypothesis import settings

settings.register_profile("desk", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=200, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
