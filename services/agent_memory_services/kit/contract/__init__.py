"""Terms that callers and services agree on: errors, methods, pages, masks, deadlines."""
