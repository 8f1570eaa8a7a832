"""The gRPC edge: messages in, answers or refusals out; it judges nothing."""

from pdp.server.serving import RunningServer, serve, serve_with_workers, start
from pdp.server.serving_settings import ServingSettings

__all__ = ["RunningServer", "ServingSettings", "serve", "serve_with_workers", "start"]
