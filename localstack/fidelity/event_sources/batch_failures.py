"""What a function says of a batch when its mapping has `ReportBatchItemFailures`.

docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html and
…/services-sqs-errorhandling.html, "Success and failure conditions": no answer or no failures is a success of all;
an answer that is no object, or an identifier that is empty or unknown, is a failure of all.
"""

import json
from collections.abc import Collection


def failed_ids(answer: object, known: Collection[str]) -> set[str]:
    """Which of the known ones failed."""
    everything = set(known)
    if isinstance(answer, str) and answer:
        try:
            answer = json.loads(answer)
        except ValueError:
            return everything
    if not answer:
        return set()
    if not isinstance(answer, dict):
        return everything
    failures = answer.get("batchItemFailures")
    if not failures:
        return set()
    if not isinstance(failures, list):
        return everything
    ids = {failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures}
    return ids if ids <= everything else everything
