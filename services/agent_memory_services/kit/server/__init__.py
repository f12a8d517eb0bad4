"""The gRPC server of a service."""
