"""Names of methods: the full name and the path that gRPC calls it by."""


def path_of(method: str) -> str:
    """Return `/package.Service/Method` for the full name `package.Service.Method`."""
    service, _, name = method.rpartition(".")
    return f"/{service}/{name}"


def name_of(path: str) -> str:
    """Return the full name `package.Service.Method` for `/package.Service/Method`."""
    return path.removeprefix("/").replace("/", ".")
