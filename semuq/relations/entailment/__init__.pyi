# The public names, imported on first use: the rules in `guard` are read by those who load no model.
from .cascade import Cascade as Cascade
from .relation import Entailment as Entailment
from .scorer import ScorerReport as ScorerReport
from .sentences import SentenceEntailment as SentenceEntailment
