"""METRICS of a reading as text for Prometheus."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.metrics.reading import Reading
from hub.metrics.rows import METRICS

PREFIX: Final = "wardbeat_hub_"


def published(reading: Reading) -> str:
    """The text of a reading. Nothing of this process itself is in it: its time of computing shows how many rows it met.

    Args:
        reading: Everything that was read.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Rows(reading))
    return generate_latest(registry).decode()


class _Rows(Collector):
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for row in METRICS:
            family = GaugeMetricFamily(PREFIX + row.name, row.words, labels=row.labels)
            for labels, value in row.values(self._reading):
                family.add_metric(labels, value)
            if family.samples:
                yield family
