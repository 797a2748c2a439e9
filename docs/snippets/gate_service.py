"""A service that answers a question or says why it does not: `uvicorn gate_service:app --factory` serves it."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from semuq import Gate


class Question(BaseModel):
    messages: list[dict[str, Any]]


def app(gate: Gate | None = None) -> FastAPI:
    gate = gate or Gate.load("gate.json")
    service = FastAPI()

    @service.post("/ask")
    async def ask(question: Question) -> dict[str, Any]:
        decision = await gate.aask(question.messages)
        return {
            "decision": "answer" if decision.given else "abstain",
            "answer": decision.answer if decision.given else None,
            "probability_right": decision.probability_right,
            "why": decision.why,
            "meanings": [{"text": text, "share": share} for text, share in decision.meanings],
        }

    return service
