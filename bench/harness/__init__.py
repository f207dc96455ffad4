"""What benchmarks are built with: servers, load, costs, and figures."""
