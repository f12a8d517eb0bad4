"""What every process stands on: settings, the gRPC server kit, errors, keys, Redis, channels."""
