"""Data points of metrics.

AWS: aggregated by the minute, kept for up to 15 months. Stock: each point, for ever.
"""

from typing import Any

from ministack.services import cloudwatch

from fidelity.frame.behaviour import Need

MODULE = "ministack.services.cloudwatch"

NEEDS = (Need(MODULE, "_metric_bucket", "key"),)

NEWEST = 2_000
"""Per metric and set of dimensions."""


def install() -> None:
    bucket_of = cloudwatch._metric_bucket

    def trimmed_bucket(key: tuple[Any, ...]) -> list[Any]:
        points = bucket_of(key)
        # In steps, as each moves the whole list.
        if len(points) > NEWEST + NEWEST // 4:
            del points[:-NEWEST]
        return points

    cloudwatch._metric_bucket = trimmed_bucket
