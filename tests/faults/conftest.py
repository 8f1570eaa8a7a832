"""The stores that several processes share, where faults are injected."""

from tests.stores.conftest import new_database, postgresql_address

__all__ = ["new_database", "postgresql_address"]
