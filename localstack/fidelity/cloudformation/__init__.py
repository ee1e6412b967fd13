"""CloudFormation: properties that reach the resource."""

from . import http_api_cors, table_ttl

BEHAVIOURS = (table_ttl, http_api_cors)
