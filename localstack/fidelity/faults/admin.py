"""The admin call: `POST`, `GET` and `DELETE /_signalbox/faults`."""

import json
from urllib.parse import parse_qs

from .answers import Answer
from .rule_text import BadRule, read_rule
from .rules import Rules

PATH = "/_signalbox/faults"


def administer(rules: Rules, method: str, query: str, body: bytes) -> Answer:
    """
    POST     a rule → 201 and the rule with its id and seed; 400 says what is allowed
    GET      → 200 {"rules": […]}, each with how many requests matched and how many were harmed
    DELETE   all, or the one that `?id=` names → 200 {"removed": [ids]}; 404 for an id that isn't there
    """
    if method == "GET":
        return answer(200, {"rules": rules.listed()})
    if method == "POST":
        try:
            rule = read_rule(body)
        except BadRule as refusal:
            return problem(400, str(refusal))
        rules.add(rule)
        return answer(201, rule.described())
    if method == "DELETE":
        id = parse_qs(query).get("id", [None])[0]
        removed = rules.remove(id)
        if id is not None and not removed:
            return problem(404, f'there is no rule "{id}"')
        return answer(200, {"removed": removed})
    return problem(405, f"{method} is not allowed; allowed: POST, GET, DELETE")


def answer(status: int, value: object) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(value).encode())


def problem(status: int, message: str) -> Answer:
    return answer(status, {"error": {"message": message}})
