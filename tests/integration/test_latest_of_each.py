"""The latest documents of each of some objects, on the real store."""

import pytest

from backbone.contract.ids import new_event_id
from backbone.mongo import connect, latest_of_each
from backbone.settings import Settings


@pytest.mark.parametrize("much", [2, 4, 40])
async def test_each_gives_its_latest_however_much_one_of_them_has(settings: Settings, much: int) -> None:
    client = connect(settings)
    rows = client[settings.database("latest")][f"rows-{new_event_id()}"]
    await rows.insert_many([{"of": "one", "at": at, "off": at == 1} for at in range(much)])
    await rows.insert_many([{"of": "other", "at": at, "off": False} for at in range(2)])
    await rows.insert_one({"of": "nobody", "at": 0, "off": False})

    found = await latest_of_each(rows, "of", ["one", "other"], {"off": False}, by="at", most=3)

    client.close()
    kept = [at for at in range(much) if at != 1]
    assert sorted(row["at"] for row in found if row["of"] == "one") == kept[-3:]
    assert sorted(row["at"] for row in found if row["of"] == "other") == [0, 1]
    assert {row["of"] for row in found} == {"one", "other"}
