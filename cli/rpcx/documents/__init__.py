"""Documents: how input is cut into them, whatever form it has."""
