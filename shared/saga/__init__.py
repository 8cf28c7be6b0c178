"""The saga engine: definitions as data, a pure advance, durable timers."""
