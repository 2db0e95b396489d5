"""What may leave: the place's policy, the person's consent, the gate between, the key at rest."""
