from semuq import ExactMatch, SampleSet
from semuq.report import write_report
from semuq.scoring import score_stream

questions = [
    SampleSet(id="france", prompt="Capital of France?", texts=["Paris", "paris.", "Paris", "Lyon"]),
    SampleSet(id="faso", prompt="Capital of Burkina Faso?", texts=["Bamako", "Ouagadougou", "Niamey", "Accra"]),
]
scores = list(score_stream(questions, None, ExactMatch()))
for score in scores:
    print(score.id, score.verdict)
write_report(scores, "report.html", title="Two capitals")
