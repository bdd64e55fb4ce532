"""What can be checked of the deployment without a container engine: it parses, and every name in it exists."""

import importlib
import json
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import services
from backbone.settings import PORT_OFFSETS, Settings
from deploy.local.topology import TOPOLOGY, Kind

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {process.name: process for process in TOPOLOGY if process.kind is Kind.SERVICE}
FIRST_PORT = 8700


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = COMPOSE["services"][service]["environment"]
    return found


def test_every_process_of_the_platform_has_a_service_that_runs_its_module() -> None:
    commands = {name: COMPOSE["services"][name]["command"] for name in OURS}

    assert commands == {name: [process.module] for name, process in OURS.items()}


def test_every_service_has_a_health_check_and_resource_bounds() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_health_check_asks_the_port_the_service_listens_on(name: str) -> None:
    check = COMPOSE["services"][name]["healthcheck"]["test"][-1]

    assert f":{FIRST_PORT + PORT_OFFSETS[name]}/health/ready" in check


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_of_a_service_is_a_setting(name: str) -> None:
    settings = {f"DRUMBEAT_{field.upper()}" for field in Settings.model_fields}

    assert set(environment(name)) <= settings


def test_every_sibling_is_named_where_it_listens() -> None:
    told = {name: value for name, value in environment("gateway").items() if name.endswith("_URL")}
    siblings = [name for name in OURS if name not in {"gateway", "worker"}]

    assert told == {
        f"DRUMBEAT_{name.upper()}_URL": f"http://{name}:{FIRST_PORT + PORT_OFFSETS[name]}" for name in siblings
    }


def test_only_the_gateway_and_grafana_are_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}

    assert set(published) == {"gateway", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_prometheus_reads_every_process() -> None:
    read = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"][0]
    targets = read["static_configs"][0]["targets"]

    assert sorted(targets) == sorted(f"{name}:{FIRST_PORT + PORT_OFFSETS[name]}" for name in OURS)


def test_every_file_that_is_mounted_exists() -> None:
    mounts = [
        mount.split(":")[0]
        for service in COMPOSE["services"].values()
        for mount in service.get("volumes", [])
        if mount.startswith("./")
    ]

    assert mounts
    assert [mount for mount in mounts if not (DEPLOY / mount).exists()] == []


def test_the_image_copies_only_what_exists_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]

    assert [name for name in copied if not (DEPLOY.parent / name).exists()] == []
    assert "USER 10001" in lines


def known_metrics() -> set[str]:
    """The sample names of every metric any service has."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        # `main` and `worker` are programs; what they measure is declared in the modules below them.
        if not module.name.endswith((".main", ".worker")):
            importlib.import_module(module.name)
    names = set()
    for family in REGISTRY.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        names |= {f"{family.name}{ending}" for ending in endings}
    return names


def test_every_query_of_the_dashboard_names_metrics_and_labels_that_exist() -> None:
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "drumbeat.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked = {name for query in queries for name in re.findall(r"drumbeat_[a-z_]+", query)}

    assert asked
    assert asked - known_metrics() == set()


def test_every_label_a_query_groups_by_is_one_of_its_metric() -> None:
    known_metrics()
    board = json.loads((DEPLOY / "grafana" / "dashboards" / "drumbeat.json").read_text())
    labels = {
        name: set(getattr(collector, "_labelnames", ()))
        for collector, names in REGISTRY._collector_to_names.items()
        for name in names
    }
    for panel in board["panels"]:
        for target in panel["targets"]:
            grouped = {
                label.strip()
                for labels_ in re.findall(r"by \(([^)]*)\)", target["expr"])
                for label in labels_.split(",")
            } - {"le"}
            metric = re.findall(r"drumbeat_[a-z_]+", target["expr"])[0]
            assert grouped <= labels[metric], (panel["title"], grouped, labels[metric])
