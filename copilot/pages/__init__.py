"""The page of the evidence: a question box, answers, passages in their context; on this machine alone."""
