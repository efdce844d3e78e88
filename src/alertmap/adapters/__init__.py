"""The built-in adapters, one vendor a module or folder. None is imported before it is used."""
