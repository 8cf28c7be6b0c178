"""The shapes of the public API. What the services answer passes through; these say what it is."""
