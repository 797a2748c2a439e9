"""What the words and signs of the notation are in LaTeX, and how pieces of it are put side by side."""

from __future__ import annotations

__all__ = [
    "BIG",
    "CONSTANTS",
    "FUNCTIONS",
    "GREEK",
    "OPERATORS",
    "RELATIONS",
    "bare",
    "is_fraction",
    "side_by_side",
    "symbol",
]

GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi"),
    *(
        "rho",
        "sigma",
        "tau",
        "phi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
    ),
}
FUNCTIONS = {
    **{name: f"\\{name}" for name in ("exp", "log", "cos", "det")},
    **{
        name: f"\\operatorname{{{name}}}"
        for names in (
            ("diag", "trace", "Tr", "sigmoid", "softmax", "logit", "clamp"),
            ("var", "Var", "KL", "VNE", "Dirichlet", "Binomial"),
        )
        for name in names
    },
}
BIG = {
    "sum": "\\sum",
    "prod": "\\prod",
    "int": "\\int",
    "max": "\\max",
    "min": "\\min",
    "mean": "\\operatorname*{mean}",
    "median": "\\operatorname*{median}",
    "argmax": "\\operatorname*{arg\\,max}",
    "argmin": "\\operatorname*{arg\\,min}",
}
RELATIONS = {
    "=": "=", "<": "<", ">": ">", "<=": "\\le", ">=": "\\ge", "!=": "\\ne", "<-": "\\leftarrow", "->": "\\to",
    "in": "\\in", "~": "\\sim",
}  # fmt: skip
CONSTANTS = {
    "eps": "\\varepsilon",
    "infinity": "\\infty",
    "inf": "\\infty",
    **{name: f"\\mathrm{{{name}}}" for name in ("counts", "prior", "std", "uniform")},
}
OPERATORS = ("+", "-", "/", "*", "&")


def symbol(name: str) -> str:
    """A name: Greek, a letter, a letter with a bar, or a word set upright; digits behind it are its index."""
    bare = name.rstrip("0123456789")
    digits = name[len(bare) :]
    if bare in GREEK:
        made = f"\\{bare}"
    elif bare in CONSTANTS:
        made = CONSTANTS[bare]
    elif len(bare) == 1:
        made = bare
    elif bare in ("dt", "dx", "dy"):
        made = f"\\mathrm{{d}}{bare[1]}"
    elif bare.endswith("bar") and len(bare) == 4:
        made = f"\\bar{{{bare[0]}}}"
    else:
        made = f"\\mathrm{{{bare}}}"
    return f"{made}_{{{digits}}}" if digits else made


def side_by_side(pieces: list[str]) -> str:
    """A product; words and numbers stand apart from what is before them."""
    made = pieces[0]
    for piece in pieces[1:]:
        apart = piece[:1].isdigit() or piece.startswith("\\mathrm") or made.startswith("\\mathrm")
        made += (" \\, " if apart else " ") + piece
    return made


def is_fraction(made: str) -> bool:
    """Is it one fraction and nothing else?"""
    if not made.startswith("\\frac{"):
        return False
    depth = 0
    groups = 0
    for place, sign in enumerate(made):
        depth += (sign == "{") - (sign == "}")
        if sign == "}" and depth == 0:
            groups += 1
            if groups == 2:
                return place == len(made) - 1
    return False


def bare(made: str) -> str:
    """A numerator needs no brackets around all of it."""
    if made.startswith("(") and made.endswith(")"):
        depth = 0
        for place, sign in enumerate(made):
            depth += (sign == "(") - (sign == ")")
            if depth == 0 and place < len(made) - 1:
                return made
        return made[1:-1]
    return made
