"""A table's `TimeToLiveSpecification` reaches the table.

AWS: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html.
Stock: it is dropped, of `AWS::DynamoDB::Table` as of `AWS::DynamoDB::GlobalTable`.
"""

from collections.abc import Callable
from functools import wraps

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from fidelity.frame.behaviour import Need

NEEDS = (
    Need("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
    Need("ministack.services.dynamodb", "_update_ttl", parameters="data"),
)

TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
SPECIFICATION = "TimeToLiveSpecification"


def install() -> None:
    for resource_type in TYPES:
        handlers = provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["create"] = creating(handlers["create"])
        handlers["update"] = updating(handlers["update"])


def creating(create: Callable[..., tuple]) -> Callable[..., tuple]:
    @wraps(create)
    def create_with_ttl(logical_id: str, props: dict, *rest: object) -> tuple:
        name, attributes = create(logical_id, props, *rest)
        set_ttl(name, {}, props)
        return name, attributes

    return create_with_ttl


def updating(update: Callable[..., tuple]) -> Callable[..., tuple]:
    @wraps(update)
    def update_with_ttl(physical_id: str, old_props: dict, new_props: dict, *rest: object) -> tuple:
        name, attributes = update(physical_id, old_props, new_props, *rest)
        # A table that was replaced knows nothing of the old one.
        set_ttl(name, old_props if name == physical_id else {}, new_props)
        return name, attributes

    return update_with_ttl


def set_ttl(table: str, old_props: dict, new_props: dict) -> None:
    old, new = old_props.get(SPECIFICATION), new_props.get(SPECIFICATION)
    if new:
        specify(table, {**new, "Enabled": str(new.get("Enabled")).lower() == "true"})
    elif old:
        specify(table, {**old, "Enabled": False})


def specify(table: str, specification: dict) -> None:
    status, _, body = dynamodb._update_ttl({"TableName": table, SPECIFICATION: specification})
    if status != 200:
        raise ValueError(f"{SPECIFICATION} of {table}: {body!r}")
