# Two stages: what builds the packages is not in the image that runs.
FROM python:3.11.14-slim-bookworm AS build

RUN python -m venv /opt/tertulia
WORKDIR /src
COPY requirements.lock ./
RUN /opt/tertulia/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . ./
RUN /opt/tertulia/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/tertulia/bin/pip uninstall --yes hatchling editables setuptools pip


FROM python:3.11.14-slim-bookworm

# By number, so that a cluster can check that it is not root. PostgreSQL wants an account of that number.
RUN pip uninstall --yes --root-user-action ignore wheel setuptools pip \
    && groupadd --gid 10001 tertulia \
    && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/tertulia --shell /usr/sbin/nologin tertulia \
    && install --directory --owner 10001 --group 10001 --mode 0700 /var/backups/tertulia
COPY --from=build /opt/tertulia /opt/tertulia

USER 10001:10001
WORKDIR /var/lib/tertulia
ENV PATH=/opt/tertulia/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TERTULIA_DATA=/var/lib/tertulia
VOLUME ["/var/lib/tertulia", "/var/backups/tertulia"]
EXPOSE 8420
# The image has no curl. The address is that of `serve`; a worker says another one.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8420/health', timeout=4)"]
ENTRYPOINT ["tertulia"]
# It starts with TERTULIA_PUBLIC_URL only: the address that people type, which links and permission to write depend on.
CMD ["serve", "--host", "0.0.0.0"]
