"""What surrounds every HTTP request.

- request context: who makes the request, from where, and whether it is allowed (`make_request_guard`)
- rate limit: how often an account or address may do something
- middleware: the outermost application: request id, security headers, compression, access log, metrics
- problem document: the JSON of an error (RFC 9457)
"""
