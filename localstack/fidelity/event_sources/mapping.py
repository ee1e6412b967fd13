"""An event source mapping as its workers see it: always as it is now."""

from dataclasses import dataclass

from ministack.services import lambda_svc as functions

KINESIS = ":kinesis:"
SQS = ":sqs:"
UNLIMITED = -1
REPORT_FAILURES = "ReportBatchItemFailures"


@dataclass(frozen=True)
class Mapping:
    account: str
    region: str
    record: dict
    """MiniStack's own, which updates change in place."""

    @property
    def id(self) -> str:
        return self.record["UUID"]

    @property
    def source(self) -> str:
        return self.record.get("EventSourceArn", "")

    @property
    def enabled(self) -> bool:
        """Not disabled, and not deleted. CloudFormation may have written a text."""
        known = functions._esms.get_scoped(self.account, self.region, self.id)
        return known is self.record and str(self.record.get("Enabled", True)).lower() == "true"

    @property
    def batch_size(self) -> int:
        return int(self.record.get("BatchSize") or 100)

    @property
    def window_seconds(self) -> float:
        return float(self.record.get("MaximumBatchingWindowInSeconds") or 0)

    @property
    def parallelization(self) -> int:
        return int(self.record.get("ParallelizationFactor") or 1)

    @property
    def retries(self) -> float:
        return limit(self.record.get("MaximumRetryAttempts"))

    @property
    def max_age_seconds(self) -> float:
        return limit(self.record.get("MaximumRecordAgeInSeconds"))

    @property
    def bisects(self) -> bool:
        return str(self.record.get("BisectBatchOnFunctionError", False)).lower() == "true"

    @property
    def reports_failures(self) -> bool:
        return REPORT_FAILURES in (self.record.get("FunctionResponseTypes") or ())

    @property
    def on_failure(self) -> str:
        """An ARN, or empty."""
        config = self.record.get("DestinationConfig") or {}
        return (config.get("OnFailure") or {}).get("Destination") or ""

    def function(self) -> dict | None:
        found, _ = functions._get_func_record_for_qualifier(self.record["FunctionName"], self.record.get("Qualifier"))
        return found


def limit(value: object) -> float:
    return float("inf") if value is None or int(value) == UNLIMITED else int(value)


def all_mappings(kind: str) -> list[Mapping]:
    """Of KINESIS or SQS, of every account and region."""
    every = (Mapping(account, region, record) for account, region, record in functions._iter_all_esms())
    return [mapping for mapping in every if kind in mapping.source]
