"""SEED-GRPO's premise: are gradients less reliable where semantic entropy is high, at the same accuracy?"""
