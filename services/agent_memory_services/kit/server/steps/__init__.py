"""Steps of the interceptor."""
