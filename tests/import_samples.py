"""Small files in the layouts the importers read."""

import gzip
from pathlib import Path
from typing import Final

CRM: Final = {
    "sales_teams.csv": (
        "sales_agent,manager,regional_office\nDarcel Schlecht,Melvin Marxen,Central\nVicki Laflamme,Celia Rouche,West\n"
    ),
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Golddex,finance,2008,52.5,165,United States,\n"
        "Isdom,medical,2002,3178.24,4540,United States,Golddex\n"
    ),
    "products.csv": "product,series,sales_price\nGTX Pro,GTX,4821\nMG Special,MG,55\n",
    "sales_pipeline.csv": (
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "A1,Darcel Schlecht,GTXPro,Isdom,Won,2016-10-25,2017-03-11,4514\n"
        "A2,Vicki Laflamme,MG Special,Golddex,Lost,2016-11-01,2017-03-01,0\n"
        "A3,Vicki Laflamme,MG Special,,Engaging,2017-01-05,,\n"
        "A4,Darcel Schlecht,MG Special,,Prospecting,,,\n"
    ),
}
LOANS_HEADER: Final = "case_id,reg_date,amount_req,seq,activity,lifecycle,timestamp,resource\n"
XES_TOP: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org">\n'


def crm_folder(at: Path, **lines: str) -> Path:
    """The four files of a CRM's export; `sales_pipeline="A5,..."` adds a line to one."""
    for name, text in CRM.items():
        (at / name).write_text(text + lines.get(name.removesuffix(".csv"), ""), encoding="utf-8")
    return at


def loan_line(
    seq: int, activity: str, at: str, *, case: str = "7", lifecycle: str = "COMPLETE", resource: str = "112"
) -> str:
    """One line of the bank's log; `at` is `01T00:38:44.546` of October 2011."""
    return f"{case},2011-10-01T00:38:44.546+02:00,20000,{seq},{activity},{lifecycle},2011-10-{at}+02:00,{resource}\n"


def loans_file(at: Path, *lines: str) -> Path:
    """The bank's log, gzipped."""
    path = at / "log.csv.gz"
    path.write_bytes(gzip.compress((LOANS_HEADER + "".join(lines)).encode()))
    return path


def ticket_event(activity: str, at: str, resource: str = "Value 1") -> str:
    """One event of a ticket, five lines long; `at` is `09T14:50:17.000` of October 2012."""
    return (
        "<event>\n"
        f'<string key="concept:name" value="{activity}"/>\n'
        f'<date key="time:timestamp" value="2012-10-{at}+03:00"/>\n'
        f'<string key="org:resource" value="{resource}"/>\n'
        "</event>\n"
    )


def ticket(*events: str, name: str = "Case1") -> str:
    """One trace of the help desk's log."""
    return f'<trace>\n<string key="concept:name" value="{name}"/>\n{"".join(events)}</trace>\n'


def tickets_file(at: Path, *tickets: str, top: str = XES_TOP, end: str = "</log>\n") -> Path:
    """The help desk's log, gzipped."""
    path = at / "log.xes.gz"
    path.write_bytes(gzip.compress((top + "".join(tickets) + end).encode()))
    return path
