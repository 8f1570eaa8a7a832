"""A storm of revocations over three server processes: no answer may allow what was revoked before it was asked."""
