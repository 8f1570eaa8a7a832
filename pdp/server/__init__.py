"""The gRPC edge: messages in, answers or refusals out; it judges nothing."""

from pdp.server.serving import RunningServer, ServingSettings, serve, serve_with_workers, start

__all__ = ["RunningServer", "ServingSettings", "serve", "serve_with_workers", "start"]
