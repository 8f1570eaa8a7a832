"""Protobuf messages to values of the core and back: pure functions, no I/O, no clock, no gRPC."""
