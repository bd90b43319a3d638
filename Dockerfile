# An image of scimmock, built from the repository:
#
#   docker build -t scimmock .
#   docker run --rm -p 8080:8080 -e SCIMMOCK_SERVE_TOKEN=secret scimmock serve --fixture okta
#
# With --build-arg EXTRAS=record it has mitmproxy too, for `scimmock record`.

FROM python:3.13-slim AS build
ARG EXTRAS=
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY fixtures fixtures
COPY recordings recordings
COPY scimmock scimmock
RUN python -m venv /opt/scimmock \
 && /opt/scimmock/bin/pip install --no-cache-dir --disable-pip-version-check ".${EXTRAS:+[$EXTRAS]}"

FROM python:3.13-slim
# Whoever runs it can write here: recordings, directories of --db, the key of pseudonyms.
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin scimmock \
 && mkdir -m 1777 /data
COPY --from=build /opt/scimmock /opt/scimmock
# Only in an image does it listen on every address: what comes in is said by the ports that are published.
ENV PATH=/opt/scimmock/bin:$PATH \
    HOME=/data \
    SCIMMOCK_SERVE_HOST=0.0.0.0 \
    SCIMMOCK_SERVE_PORT=8080
WORKDIR /data
USER 10001:10001
EXPOSE 8080
# With TLS, SCIMMOCK_URL says where the server is for its own machine: https://127.0.0.1:8080.
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s --retries=3 \
  CMD scimmock wait --url "${SCIMMOCK_URL:-http://127.0.0.1:$SCIMMOCK_SERVE_PORT}" --timeout 3s
ENTRYPOINT ["scimmock"]
CMD ["serve"]
