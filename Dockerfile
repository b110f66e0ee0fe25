# The portal in a container: web (`serve`), worker and commands from one image. docs/production.md says how to run it.
FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /opt/venv
COPY requirements.txt .
# Wheels only: nothing is compiled, and no package runs code while it is installed.
RUN /opt/venv/bin/pip install --no-cache-dir --only-binary :all: --requirement requirements.txt

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore for `flask backup` and `flask restore`: of PostgreSQL 16, which Debian 12 does not have.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates postgresql-common \
  && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
  && apt-get install --yes --no-install-recommends postgresql-client-16 \
  && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /srv/portal portal
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/portal
COPY config.py wsgi.py ./
COPY app app
COPY migrations migrations
COPY static static
COPY templates templates
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 ENV=production DATA_DIR=/tmp/portal
# Compiled once here, since nothing can be written at run time.
RUN python -m compileall -q app config.py wsgi.py migrations
USER portal
EXPOSE 8000
# Whether the process lives; whether it can serve, /readyz says, which the proxy or the cluster asks.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD \
  ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["flask", "--app", "wsgi", "serve"]
