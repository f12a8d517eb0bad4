"""Operations: requests shaped from what callers pass, and responses read; without any I/O."""
