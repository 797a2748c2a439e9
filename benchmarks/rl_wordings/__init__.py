"""Rewards over wordings of one question: does agreement rise, and at what price in accuracy?"""
