"""What is done around every call, one concern per module; `order.py` puts them in order."""
