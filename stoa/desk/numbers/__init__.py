"""Today and the last thirty days, in figures and charts."""
