"""Terms of the product that several services share."""
