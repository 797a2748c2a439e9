from semuq import CodeEquivalence, DiscreteSemanticEntropy, NumSemanticSets, SampleSet, evaluate

stub = '''def volume_cube(side: int) -> int:
    """The volume of a cube, given the length of its side.
    >>> volume_cube(3)
    27
    """
'''
programs = ["return side ** 3", "return side * side * side", "return 6 * side ** 2", "return side *"]
samples = SampleSet(prompt=stub, texts=programs)
same = CodeEquivalence(trust_code=True)
scores = evaluate([NumSemanticSets(), DiscreteSemanticEntropy()], [samples], relation=same)
print(scores)
for text, behaviour in zip(programs, same.behaviours(samples)[0], strict=True):
    print(text, behaviour.invalid or behaviour.outcomes[:3])
