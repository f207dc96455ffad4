FROM python:3.11-slim

RUN useradd --system --create-home --home-dir /var/lib/tertulia tertulia
WORKDIR /srv/tertulia

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . ./
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

USER tertulia
WORKDIR /var/lib/tertulia
ENV TERTULIA_DATA=/var/lib/tertulia
VOLUME /var/lib/tertulia
EXPOSE 8420
# It starts with TERTULIA_PUBLIC_URL only: the address that people type, which links and permission to write depend on.
ENTRYPOINT ["tertulia"]
CMD ["serve", "--host", "0.0.0.0"]
