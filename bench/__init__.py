"""How fast it is, as ratios against a bare handler in the same run: absolute times do not travel."""
