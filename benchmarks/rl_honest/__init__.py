"""Rewards for knowing what one knows: does a model say how sure it is, and keep silent where it is not?"""
