"""All code that uses private parts of uvicorn and Litestar, so that an upgrade can break only this folder.

`tests/serving/test_private_api.py` lists every private name used here and fails when an upgrade changes one of them.

Terms:
- transport: the connection of one live socket, to which delivery writes encoded frames without passing through ASGI
- injection: how Litestar gives route handlers the values they ask for by name
"""
