# The job as an image: docker build -t windowing .
#
#   docker run --init -e WINDOWING_BOOTSTRAP_SERVERS=kafka:9092 windowing
#
# --init matters: Bytewax does not handle SIGTERM, and the kernel lets a container's first process
# ignore what it does not handle. Without it, every stop waits for the SIGKILL.
#
# Options of bytewax.run come as variables. For a recovery store, in a volume at /var/lib/windowing:
# BYTEWAX_RECOVERY_DIRECTORY, BYTEWAX_SNAPSHOT_INTERVAL and BYTEWAX_RECOVERY_BACKUP_INTERVAL. For a
# cluster: BYTEWAX_PROCESS_ID and BYTEWAX_ADDRESSES. docker-compose.yml has both.

FROM python:3.12-slim AS build
WORKDIR /build
# For traces: --build-arg EXTRAS=[otel]
ARG EXTRAS=
RUN python -m venv --without-pip /opt/windowing
# The dependencies, in a layer of their own: it stays while only the code changes.
COPY pyproject.toml ./
RUN mkdir -p src/windowing && touch README.md src/windowing/__init__.py \
    && pip --python /opt/windowing/bin/python install --no-cache-dir "/build$EXTRAS"
COPY README.md ./
COPY src src
RUN pip --python /opt/windowing/bin/python install --no-cache-dir --no-deps --force-reinstall .

FROM python:3.12-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="windowing" \
      org.opencontainers.image.description="Event-time windows over Kafka, on Bytewax" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 windowing \
    && useradd --uid 10001 --gid windowing --no-log-init --no-create-home \
        --home-dir /var/lib/windowing --shell /usr/sbin/nologin windowing \
    && install --directory --owner=windowing --group=windowing /var/lib/windowing
COPY --from=build /opt/windowing /opt/windowing
WORKDIR /app
COPY dataflows dataflows
ENV PATH=/opt/windowing/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1 \
    PYTHONUNBUFFERED=1
# By number: Kubernetes' runAsNonRoot cannot judge a name.
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bytewax.run"]
CMD ["dataflows.user_aggregates"]
