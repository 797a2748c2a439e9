"""A reward from hidden states: does it choose better answers than a count of which comes most often?"""
