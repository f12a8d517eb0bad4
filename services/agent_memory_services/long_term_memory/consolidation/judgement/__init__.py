"""What a model says of two facts where words and vectors cannot tell."""
