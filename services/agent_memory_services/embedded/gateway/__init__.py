"""One address for gRPC, gRPC-Web and JSON: an Envoy configured from the services' descriptors."""
