"""GRPO-Guard on a toy flow model: does clipping act on both sides, and is anything gained by it?"""
