"""Plans: what is to be done, frozen."""
