"""Who a caller is: the credentials that are accepted, and what each of them allows."""
