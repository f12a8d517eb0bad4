"""Between the models of the client and the messages of the contracts."""
