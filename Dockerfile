# Airflow with marketlake, from the lock: every package by its hash and as a wheel, so nothing is compiled or
# resolved here. The image that runs holds no compiler, no pip, no cache and no source tree, and its user has no
# rights. The packages are a layer of their own, which a change of the project's code does not replace.
FROM python:3.12.13-slim-bookworm AS packages

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv --without-pip /opt/venv
COPY requirements-celery.lock ./
# compiled here, since the user may not write there later; without times in it, which would differ by build.
# Headers and the packages' own tests are left out.
RUN pip --python /opt/venv/bin/python install --no-compile --no-deps --only-binary :all: --require-hashes \
        -r requirements-celery.lock \
    && cd /opt/venv/lib/python3*/site-packages \
    && rm -rf pyarrow/include && find numpy pandas pyarrow -name tests -prune -exec rm -r {} + \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib


FROM packages AS build

WORKDIR /source
COPY pyproject.toml README.md LICENSE instruments.toml claims.toml ./
COPY dags dags
COPY src src
RUN pip --python /opt/venv/bin/python install --no-compile --no-deps --no-build-isolation --no-index \
        --prefix /opt/own . \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/own/lib


FROM python:3.12.13-slim-bookworm

# group 0 may write what the user may: platforms that give a container a user of their own keep the group
RUN useradd --no-log-init --uid 50000 --gid 0 --home-dir /opt/airflow airflow \
    && install -d -o 50000 -g 0 -m 0775 /opt/airflow /opt/airflow/logs /cache /config /lake
COPY --from=packages /opt/venv /opt/venv
COPY dags /opt/marketlake/dags
# Airflow's chart calls it in its probes
COPY deploy/entrypoint /entrypoint
COPY instruments.toml claims.toml /config/

ENV PATH=/opt/venv/bin:$PATH AIRFLOW_HOME=/opt/airflow MARKETLAKE_HOME=/config MARKETLAKE_LAKE=/lake
WORKDIR /opt/airflow
# last, so that a change of the code replaces nothing else
COPY --from=build /opt/own /opt/venv
USER 50000:0
CMD ["airflow", "version"]
