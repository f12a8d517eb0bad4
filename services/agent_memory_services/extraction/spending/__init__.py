"""What the model may cost each tenant, and what it did cost."""
