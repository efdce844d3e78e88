"""From an alert or a transition to the request that tells somebody else."""
