"""The payment providers, one file per provider, behind one port."""
