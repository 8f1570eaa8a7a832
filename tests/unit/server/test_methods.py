"""The contract is served whole: no method of it is forgotten."""

import pkgutil
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import grpc
import pytest

import pdp.api.v1
from pdp.server.methods import SERVICES, add_contract


def test_every_service_of_the_contract_is_walked() -> None:
    """A service in a new file has to be named in the walk."""
    modules = [import_module(f"pdp.api.v1.{module.name}") for module in pkgutil.iter_modules(pdp.api.v1.__path__)]
    services = {
        service.full_name
        for module in modules
        if hasattr(module, "DESCRIPTOR")
        for service in module.DESCRIPTOR.services_by_name.values()
    }
    assert {service.full_name for service in SERVICES} == services
    assert len(services) == 3


def test_serving_what_is_not_in_the_contract_is_a_mistake() -> None:
    """A method that was renamed must not vanish without a word."""
    with pytest.raises(ValueError, match=r"DecisionService\.Chek"):
        add_contract(grpc.server(ThreadPoolExecutor(1)), {"pdp.api.v1.DecisionService.Chek": lambda _a, _b: None})
