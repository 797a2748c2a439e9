"""Mathematics for reinforcement learning: evaluation sets, prompt templates, graders, training problems.

`sets` are the five that the SEED-GRPO and Dr.GRPO papers report on; `templates` says how a question is
put and where its answer stands; `grading` says whether it is right; `training` reads MATH.
"""

from __future__ import annotations

from semuq_rl.tasks.maths.grading import Grade, grade, grade_groups
from semuq_rl.tasks.maths.sets import SETS, MathsProblem, load_set
from semuq_rl.tasks.maths.templates import TEMPLATES, Template

__all__ = ["SETS", "TEMPLATES", "Grade", "MathsProblem", "Template", "grade", "grade_groups", "load_set"]
