"""Alerts for failed, stale and surprising data, to a Slack channel, a webhook and a mailbox.

The targets are in the environment, because a webhook's address is a secret: MARKETLAKE_ALERT_SLACK
and MARKETLAKE_ALERT_WEBHOOK are addresses, MARKETLAKE_ALERT_MAIL is a mailbox for Airflow's
connection `smtp_default`. Unset targets are skipped. An alert that cannot be sent is logged and
never fails a task.
"""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airflow.sdk import BaseNotifier

from ..model.errors import printable, without_secrets

FAILED, STALE, SURPRISING = "failed", "stale", "surprising"
_MOST_LINES: Final = 20
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


def send(alert: Alert, environ: Mapping[str, str] = os.environ) -> None:
    """Send to every configured channel."""
    for name, channel in _CHANNELS.items():
        if place := environ.get(name):
            _try(name, channel, place, alert)


class AlertNotifier(BaseNotifier):
    """An Airflow notifier: as `on_failure_callback` it reports a failed task and its error."""

    def notify(self, context: Any) -> None:
        """Send the alert of a failed task."""
        ti, error = context.get("ti"), context.get("exception")
        about = f"{ti.dag_id}.{ti.task_id}, run {ti.run_id}" if ti else "a task"
        why = str(error) if error else "its worker was lost, or it was ended from outside"
        send(Alert(FAILED, about, why.splitlines()))


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


def _try(name: str, channel: Callable[[str, Alert], None], place: str, alert: Alert) -> None:
    from airflow.sdk.exceptions import AirflowException
    from requests import RequestException

    try:
        channel(place, alert)
    except (AirflowException, RequestException, OSError, ValueError) as error:
        # the error's own text may hold the address, which is a secret
        _log.error("the alert to %s could not be sent: %s", name, type(error).__name__)


def _clean(text: str) -> str:
    return printable(without_secrets(text))[:_LONGEST_LINE]
