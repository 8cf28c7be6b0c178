"""The product looked at from outside, with everything it did not ask for."""
