"""What visitors see: server-rendered pages and the native custom elements that bring them to life."""
