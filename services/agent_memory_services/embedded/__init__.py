"""The whole stack on a bare machine: store, gateway and the three services."""
