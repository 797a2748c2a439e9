"""Recipes: a TOML file per training run; `semuq_rl.recipe` reads and checks them."""
