"""The built-in adapters, one vendor a module. None is imported before it is used."""
