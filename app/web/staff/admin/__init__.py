"""What only administrators do: people, tokens of programs, and a look at the catalogue."""
