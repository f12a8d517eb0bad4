"""Going through memories in order, page by page."""
