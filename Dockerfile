# Airflow with marketlake, from the lock; runs as a user without rights.
FROM python:3.12-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --home-dir /opt/airflow --uid 50000 airflow \
    && mkdir -p /lake /opt/airflow/logs /opt/airflow/passwords \
    && chown -R airflow /lake /opt/airflow

WORKDIR /opt/marketlake
COPY requirements-celery.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-celery.lock

COPY pyproject.toml README.md LICENSE instruments.toml claims.toml ./
COPY src src
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && marketlake init .
COPY dags dags

ENV AIRFLOW_HOME=/opt/airflow
USER airflow
CMD ["airflow", "version"]
