"""A model behind OpenAI's API that takes a fixed time: what `python -m benchmarks.serving` puts behind a proxy.

    python -m benchmarks.serving.fake PORT SECONDS

A question that holds "known" has one answer, any other as many as are asked for.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


def fake(seconds: float) -> Any:
    """The service, as plain ASGI."""

    async def service(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = json.loads(body)
        question = asked["messages"][-1]["content"]
        await asyncio.sleep(seconds)
        texts = ["Paris" if "known" in question else f"The answer is number {k}." for k in range(asked["n"])]
        choices = [
            {"index": k, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            for k, text in enumerate(texts)
        ]
        reply = {"id": question, "object": "chat.completion", "created": 0, "model": asked["model"], "choices": choices}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(reply).encode()})

    return service


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(fake(float(sys.argv[2])), port=int(sys.argv[1]), log_level="warning", lifespan="off")
