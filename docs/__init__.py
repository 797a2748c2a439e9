"""What makes the documentation: hooks of the build, generated pages, formulas, pictures."""
