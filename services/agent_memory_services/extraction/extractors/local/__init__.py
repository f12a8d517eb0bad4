"""The rule-based extractor: no model, no key, no network."""
