"""Code equivalence put to a test: do programs that behave alike say how sure a model is of its code?"""
