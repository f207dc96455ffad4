"""The request and response Structs of gatherings, one module per noun."""
