"""What a policy says over the whole space of situations: what an edit changes, what must never happen, who may what."""
