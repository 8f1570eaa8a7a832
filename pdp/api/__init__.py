"""The wire contract, one subpackage for each version."""
