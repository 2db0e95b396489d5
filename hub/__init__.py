"""The reference receiver: opens, checks, stores, and signs for what it stored."""
