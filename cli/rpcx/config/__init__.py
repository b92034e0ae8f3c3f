"""What options there are, and where their values come from besides the command line."""
