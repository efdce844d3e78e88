"""A receiver on top of the library: sources in one file, a store that loses nothing, a page. Extra `server`."""
