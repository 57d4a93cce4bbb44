"""The OpenAPI document, made from what each route says of itself. Every body has an example that works."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Literal, get_args

import msgspec

from stoa.web.routing import Endpoint

Json = dict[str, Any]

REF = "#/components/schemas/{name}"

Scheme = Literal["bearer", "basic"]
"""How a caller proves who it is."""


def described(  # noqa: PLR0913 - each is a part of the description
    summary: str,
    *,
    tag: str,
    body: type | None = None,
    example: object = None,
    file_field: str | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    status: int = 200,
    public: bool = False,
    opened_by: Scheme = "bearer",
) -> Json:
    """What a route says of itself. ``query`` and ``headers`` are names and meanings."""
    return {
        "summary": summary,
        "tag": tag,
        "body": body,
        "example": example,
        "file_field": file_field,
        "query": query or {},
        "headers": headers or {},
        "status": status,
        "public": public,
        "opened_by": opened_by,
    }


def openapi_document(routes: Iterable[Endpoint], *, server: str) -> Json:
    """The document over all routes that are described."""
    told = [(route, route.said) for route in routes if route.said is not None]
    bodies = [said["body"] for _, said in told if said["body"] is not None]
    schemas, components = msgspec.json.schema_components(bodies, ref_template=REF)
    schema_of = dict(zip(bodies, schemas, strict=True))
    paths: dict[str, Json] = {}
    for route, said in told:
        path = route.path.replace(":str}", "}").replace(":int}", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, said, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stoa",
            "version": version("stoa"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {scheme: {"type": "http", "scheme": scheme} for scheme in get_args(Scheme)},
        },
    }


def _operation(route: Endpoint, said: Json, schema_of: Mapping[type, Json]) -> Json:
    operation: Json = {
        "operationId": f"{said['tag']} {route.handler.__name__}".replace(" ", "_").lower(),
        "summary": said["summary"],
        "tags": [said["tag"]],
        "parameters": _parameters(route, said),
        "responses": {
            str(said["status"]): {"description": "Done"},
            "4XX": {"description": "Not as asked; the answer says why and names the field"},
        },
    }
    if not said["public"]:
        operation["security"] = [{said["opened_by"]: []}]
    content = _content(said, schema_of)
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: Endpoint, said: Json) -> Sequence[Json]:
    of_path = [
        _parameter(*part.strip("{}").split(":"), place="path")
        for part in route.path.split("/")
        if part.startswith("{")
    ]
    of_query = [
        _parameter(name, "str", place="query", meaning=meaning) for name, meaning in said["query"].items()
    ]
    of_headers = [
        _parameter(name, "str", place="header", meaning=meaning) for name, meaning in said["headers"].items()
    ]
    return of_path + of_query + of_headers


def _parameter(name: str, kind: str, *, place: str, meaning: str = "") -> Json:
    parameter: Json = {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": {"type": "integer"} if kind == "int" else {"type": "string"},
    }
    return parameter | ({"description": meaning} if meaning else {})


def _content(said: Json, schema_of: Mapping[type, Json]) -> Json:
    if said["file_field"]:
        file = {"type": "string", "format": "binary"}
        schema = {
            "type": "object",
            "required": [said["file_field"]],
            "properties": {said["file_field"]: file},
        }
        return {"multipart/form-data": {"schema": schema}}
    if said["body"] is None:
        return {}
    return {"application/json": {"schema": schema_of[said["body"]], "example": said["example"]}}
