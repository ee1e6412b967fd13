"""An HTTP API's `CorsConfiguration` reaches the API.

AWS: docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigatewayv2-api-cors.html.
Stock: it is kept under the template's names (`AllowOrigins`), and read under the API's (`allowOrigins`).
"""

from collections.abc import Callable
from functools import wraps

from ministack.services.cloudformation import provisioners

from fidelity.frame.behaviour import Need

NEEDS = (Need("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),)

TYPE = "AWS::ApiGatewayV2::Api"
PROPERTY = "CorsConfiguration"


def install() -> None:
    handlers = provisioners._RESOURCE_HANDLERS[TYPE]
    for action in ("create", "update"):
        handlers[action] = with_api_names(handlers[action])


def with_api_names(handle: Callable[..., tuple]) -> Callable[..., tuple]:
    @wraps(handle)
    def handle_renamed(*args: object, **kwargs: object) -> tuple:
        return handle(*map(renamed, args), **kwargs)

    return handle_renamed


def renamed(argument: object) -> object:
    """Properties of an API with CORS under the API's names; anything else as it is."""
    if not isinstance(argument, dict) or not argument.get(PROPERTY):
        return argument
    cors = {name[0].lower() + name[1:]: value for name, value in argument[PROPERTY].items()}
    return {**argument, PROPERTY: cors}
