"""Numbers over a whole run: add cheaply, merge exactly, derive once."""
