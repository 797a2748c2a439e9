"""Recipes: a TOML file per training run; `semuq_rl.runs.recipe` reads and checks them."""
