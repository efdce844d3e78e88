"""Built-in targets, one module each. The names of its modules are the names of the targets."""
