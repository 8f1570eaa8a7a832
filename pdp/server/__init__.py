"""The gRPC edge: messages in, answers or refusals out; it judges nothing."""

from pdp.server.running_server import RunningServer
from pdp.server.security import Security
from pdp.server.serving import serve, serve_with_workers, start
from pdp.server.serving_settings import ServingSettings
from pdp.server.tls import TlsFiles

__all__ = ["RunningServer", "Security", "ServingSettings", "TlsFiles", "serve", "serve_with_workers", "start"]
