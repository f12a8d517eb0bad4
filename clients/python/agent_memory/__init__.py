"""Generated gRPC stubs of the Agent Memory services."""
