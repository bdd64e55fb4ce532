"""The least a service can be: FastAPI checks a body, motor inserts it with the same write concern as ours."""

import os
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from backbone.clock import utc_now
from backbone.contract.ids import new_event_id
from backbone.mongo import connect
from backbone.settings import HOST, Settings


class Posted(BaseModel):
    """Any body there is: what stands in it is kept."""

    model_config = ConfigDict(extra="allow")


def build(settings: Settings) -> FastAPI:
    """The application."""
    app = FastAPI()
    collection = connect(settings)[settings.database("bare")]["posted"]

    @app.post("/posted", status_code=201)
    async def post(body: Posted) -> dict[str, Any]:
        document = {"_id": new_event_id(), **body.model_dump(), "recorded_at": utc_now()}
        await collection.insert_one(document)
        return document

    return app


if __name__ == "__main__":
    uvicorn.run(
        build(Settings()),
        host=HOST,
        port=int(sys.argv[1] if len(sys.argv) > 1 else os.environ["BENCH_PORT"]),
        log_config=None,
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
