"""Version 1 of the wire contract, generated from proto/pdp/api/v1 by `make proto`. Do not edit the modules here."""
