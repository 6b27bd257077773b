"""A step: one run of a verb, with its messages, locks, limits, and what puts the host back."""
