"""`python -m agent_memory_services.kit.server.probe host:port [name]`: is a service ready?

For container engines that only know commands; Kubernetes asks the health service itself. Exits
with 0 when the service answers SERVING, else with 1 and the reason.
"""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_SECONDS = 5.0


def problem(address: str, name: str = "") -> str:
    """Return the reason why the service at `address` is not ready; "" when it is."""
    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=_SECONDS)
        except grpc.RpcError as error:
            return f"{address}: {error.code().name}"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return ""
    return f"{address}: {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"


if __name__ == "__main__":
    sys.exit(problem(*sys.argv[1:]) or 0)
