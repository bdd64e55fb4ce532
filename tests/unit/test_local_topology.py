"""The table of processes and what the supervisor is told of them."""

import configparser
from pathlib import Path

from backbone.settings import PORT_OFFSETS
from deploy.local.home import Home
from deploy.local.supervision import Program, configuration
from deploy.local.topology import TOPOLOGY, Kind


def test_every_port_belongs_to_exactly_one_process() -> None:
    assert sorted(port for process in TOPOLOGY for port in process.ports) == sorted(PORT_OFFSETS)


def test_every_service_is_a_module_of_this_repository() -> None:
    root = Path(__file__).parents[2]
    modules = [process.module for process in TOPOLOGY if process.kind is Kind.SERVICE]

    assert [module for module in modules if not (root / f"{module.replace('.', '/')}.py").exists()] == []


def test_a_folder_with_blanks_and_percent_signs_is_no_trouble_to_the_supervisor() -> None:
    home = Home(Path("/data/50% more of it"))

    text = configuration(home, [Program("kafka", ("/opt/java", "-cp", "/data/50% more of it/*"))])

    # Read as the supervisor does it: a percent sign that is not doubled would be an error.
    read = configparser.RawConfigParser()
    read.read_string(text)
    assert read["program:kafka"]["command"] % {} == "/opt/java -cp '/data/50% more of it/*'"
    assert read["program:kafka"]["stdout_logfile"] % {} == "/data/50% more of it/logs/kafka.log"
