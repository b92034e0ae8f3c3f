"""The verdict: conditions on the numbers of a run."""
