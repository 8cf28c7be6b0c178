"""The ways a letter can take."""
