"""How much of a process one tenant, one method or all calls together may take."""
