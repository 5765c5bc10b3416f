"""Alerts for failed, stale and surprising data, to a Slack channel, a webhook and a mailbox.

A target is the password of an Airflow connection (`marketlake_slack`, `marketlake_webhook`,
`marketlake_mail`; of a named lake `NAME_slack`), because a webhook's address is a secret, else the
environment's MARKETLAKE_ALERT_SLACK, _WEBHOOK or _MAIL. Mail goes through Airflow's connection
`smtp_default`. Unset targets are skipped. An alert that cannot be sent is logged, never fails a task
and is kept as an Airflow variable, from which the DAG `watch` sends it again.
"""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from airflow.sdk import BaseNotifier

from ..model.errors import printable, without_secrets
from .schedule import MARKETLAKE
from .steps import AlertedError

FAILED, STALE, SURPRISING = "failed", "stale", "surprising"
_MOST_LINES: Final = 20
_MOST_KEPT: Final = 50
_LONGEST_LINE: Final = 300
_WITHIN_S: Final = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """What happened, in lines.

    External text is cleaned and bounded, and never interpreted as markup.
    """

    kind: str
    about: str
    """The DAG, and its run if there is one."""
    lines: Sequence[str]

    @property
    def title(self) -> str:
        """One line: the kind and the DAG."""
        return _clean(f"marketlake: {self.kind}: {self.about}")

    @property
    def shown(self) -> list[str]:
        """The lines to send: cleaned, bounded in length and number."""
        shown = [_clean(line) for line in self.lines[:_MOST_LINES]]
        left = len(self.lines) - len(shown)
        return [*shown, f"and {left} more"] if left else shown


def send(alert: Alert, lake: str = MARKETLAKE, environ: Mapping[str, str] = os.environ) -> None:
    """Send to every target of the lake; what fails is kept for `send_again`."""
    for name in _CHANNELS:
        if (place := _target(name, lake, environ)) and not _sent(name, place, alert):
            _keep(name, lake, alert)


def send_again(lake: str = MARKETLAKE, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Send what was kept; returns a line per target that still fails."""
    from airflow.sdk import Variable

    failing = []
    for key in list(Variable.keys(prefix=_unsent(lake))):
        name, kind, about, lines = Variable.get(key, deserialize_json=True)
        place = _target(name, lake, environ)
        if not place or _sent(name, place, Alert(kind, about, lines)):
            Variable.delete(key)
        else:
            failing.append(f"an alert could not be sent to {name}; it is sent again every hour")
    return list(dict.fromkeys(failing))


def news(lake: str, kind: str, lines: Mapping[str, str]) -> list[str]:
    """The lines whose key was not there at the last call for this lake and kind."""
    from airflow.sdk import Variable

    key = f"{lake}_{kind}"
    reported = Variable.get(key, default=[], deserialize_json=True)
    if list(lines) != reported:
        Variable.set(key, list(lines), serialize_json=True)
    return [line for name, line in lines.items() if name not in reported]


class AlertNotifier(BaseNotifier):
    """An Airflow notifier: as `on_failure_callback` it reports a failed task and its error."""

    def __init__(self, lake: str = MARKETLAKE) -> None:
        super().__init__()
        self.lake = lake

    def notify(self, context: Any) -> None:
        """Send the alert of a failed task, unless the task has done so."""
        ti, error = context.get("ti"), context.get("exception")
        if isinstance(error, AlertedError):
            return
        about = f"{ti.dag_id}.{ti.task_id}, run {ti.run_id}" if ti else "a task"
        why = str(error) if error else "its worker was lost, or it was ended from outside"
        send(Alert(FAILED, about, why.splitlines()), self.lake)


@dataclass(frozen=True)
class RunFailure:
    """The `on_failure_callback` of a DAG: a line in the DAG processor's log.

    It sends an alert if the run took too long, because no task has sent one then.
    """

    lake: str = MARKETLAKE

    def __call__(self, context: Any) -> None:
        """Log the failed run and the task that failed last."""
        ti, why = context.get("ti"), str(context.get("reason", ""))
        run = f"{context['dag'].dag_id}, run {context['run_id']}"
        task = f"see the log of its task {ti.task_id}" if ti else "none of its tasks has ended"
        _log.error("marketlake: %s failed (%s): %s", run, why, task)
        if why == "timed_out":
            send(Alert(FAILED, run, [f"it was ended because it took too long; {task}"]), self.lake)


def _slack(place: str, alert: Alert) -> None:
    lines = "\n".join([f"*{alert.title}*", *alert.shown])
    # the three characters that Slack's markup knows
    text = lines.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    _post(place, {"text": text})


def _webhook(place: str, alert: Alert) -> None:
    _post(place, {"kind": alert.kind, "about": alert.about, "title": alert.title, "lines": alert.shown})


def _mail(place: str, alert: Alert) -> None:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    body = html.escape("\n".join(alert.shown))
    subject = alert.title.replace("\n", " ")
    mail = SmtpNotifier(to=place, from_email=place, subject=subject, html_content=f"<pre>{body}</pre>")
    # not by calling it: that would read a vendor's text as a template
    mail.notify({})


_CHANNELS: Final[Mapping[str, Callable[[str, Alert], None]]] = {
    "MARKETLAKE_ALERT_SLACK": _slack,
    "MARKETLAKE_ALERT_WEBHOOK": _webhook,
    "MARKETLAKE_ALERT_MAIL": _mail,
}


def _post(place: str, body: Mapping[str, object]) -> None:
    import requests

    answer = requests.post(place, json=body, timeout=_WITHIN_S, allow_redirects=False)
    if not 200 <= answer.status_code < 300:
        raise requests.HTTPError(f"status {answer.status_code}")
    _log.info("sent an alert")


def _target(name: str, lake: str, environ: Mapping[str, str]) -> str:
    """Where the lake's alerts go in a channel; empty for nowhere."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    connection = f"{lake}_{name.rpartition('_')[2].lower()}"
    try:
        place = Connection.get(connection).password
    except AirflowNotFoundException:
        place = None
    except Exception as error:
        _log.error("the connection %s cannot be read: %s", connection, type(error).__name__)
        place = None
    return place or environ.get(name, "")


def _sent(name: str, place: str, alert: Alert) -> bool:
    from airflow.sdk.exceptions import AirflowException
    from requests import RequestException

    try:
        _CHANNELS[name](place, alert)
    except (AirflowException, RequestException, OSError, ValueError) as error:
        # the error's own text may hold the address, which is a secret
        _log.error("the alert to %s could not be sent: %s", name, type(error).__name__)
        return False
    return True


def _keep(name: str, lake: str, alert: Alert) -> None:
    """Keep it in Airflow, a variable per alert, since tasks may fail at the same time."""
    from airflow.sdk import Variable

    try:
        if len(Variable.keys(prefix=_unsent(lake))) < _MOST_KEPT:
            kept = [name, alert.kind, alert.about, alert.shown]
            Variable.set(f"{_unsent(lake)}{uuid4().hex}", kept, serialize_json=True)
    except Exception as error:
        # also where no Airflow runs, as in the test of a channel
        _log.error("the alert is lost: %s", type(error).__name__)


def _unsent(lake: str) -> str:
    return f"{lake}_unsent_"


def _clean(text: str) -> str:
    return printable(without_secrets(text))[:_LONGEST_LINE]
