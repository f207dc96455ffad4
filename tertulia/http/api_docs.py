"""The page that describes the API, made from the OpenAPI schema; it loads nothing from other sites."""

from html import escape
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>API of Tertulia</title></head>
<body><main><h1>The API</h1>
<p>JSON over HTTP under <code>/api/v1</code>. The machine-readable description is
<a href="/api/openapi.json">openapi.json</a>; errors are problem documents (RFC 9457) with a stable <code>code</code>.
Sign in with <code>POST /api/v1/sessions</code> and send the token as <code>Authorization: Bearer</code>.</p>
{operations}</main></body></html>"""


@get("/api/docs", include_in_schema=False)
async def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """A page that lists every operation with its parameters, body and responses."""
    schema: dict[str, Any] = request.app.openapi_schema.to_schema()
    parts = []
    for path, operations in sorted(schema["paths"].items()):
        for method, operation in operations.items():
            parts.append(_operation(path, method, operation))
    return Response(_PAGE.format(operations="\n".join(parts)), media_type=MediaType.HTML)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    summary = escape(operation.get("description") or operation.get("summary") or "")
    lines = [f"<section><h2><code>{method.upper()} {escape(path)}</code></h2><p>{summary}</p><ul>"]
    for parameter in operation.get("parameters", ()):
        lines.append(f"<li>{escape(parameter['in'])} <code>{escape(parameter['name'])}</code></li>")
    body = operation.get("requestBody", {}).get("content", {})
    for kind, content in body.items():
        lines.append(f"<li>takes {escape(kind)}: <code>{_name(content)}</code></li>")
    for status, response in operation.get("responses", {}).items():
        names = {_name(content) for content in response.get("content", {}).values()}
        lines.append(f"<li>{escape(status)}: <code>{', '.join(sorted(names)) or 'nothing'}</code></li>")
    return "".join(lines) + "</ul></section>"


def _name(content: dict[str, Any]) -> str:
    reference = content.get("schema", {}).get("$ref", "")
    return escape(reference.rpartition("/")[2] or content.get("schema", {}).get("type", "bytes"))
