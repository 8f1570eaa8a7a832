"""What a hundred thousand, a million and ten million stored facts cost: to load, to hold, to check."""
