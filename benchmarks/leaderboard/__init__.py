"""Which estimator is worth its price? Every estimator of the package on real questions with a real small model.

One command, `python -m benchmarks.leaderboard`, in four stages that can be run alone and resumed:
`sample` (dataset, model -> answers), `grade` (answers -> right or wrong), `score` (answers -> a number per
question and estimator, with its cost) and `report` (both -> results JSON and the page of the documentation).
"""
