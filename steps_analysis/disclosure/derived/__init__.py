"""How does each kind of published figure derive from counts? One module per kind."""
