"""Alerts as received by a webhook and a mail server on loopback."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from email import message_from_string
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from .sinks import MailServer, Webhook, served

pytestmark = pytest.mark.xdist_group("airflow")
NAMES = ("SLACK", "WEBHOOK", "MAIL")


@pytest.fixture(autouse=True)
def no_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"MARKETLAKE_ALERT_{name}", raising=False)


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    hook = Webhook()
    with served(hook) as port:
        monkeypatch.setenv("MARKETLAKE_ALERT_WEBHOOK", f"http://127.0.0.1:{port}/hook/s3cret")
        yield hook


def alert(*lines: str, kind: str = "surprising") -> Any:
    from marketlake.airflow.alert import Alert

    return Alert(kind, "ingest_xnys, run r1", lines)


def sent(*lines: str, **environ: str) -> None:
    from marketlake.airflow.alert import send

    send(alert(*lines), environ={f"MARKETLAKE_ALERT_{name}": value for name, value in environ.items()})


def connection(address: str) -> str:
    """An Airflow connection as an environment variable has it."""
    return json.dumps({"conn_type": "http", "password": address})


def test_webhook_body_is_bounded_and_has_no_secrets() -> None:
    hook = Webhook()
    with served(hook) as port:
        sent("SPY: token=abc123\x1b[2J", *(["x" * 500] * 30), WEBHOOK=f"http://127.0.0.1:{port}/hook")
    ((path, body),) = hook.bodies
    assert path == "/hook"
    assert (body["kind"], body["about"]) == ("surprising", "ingest_xnys, run r1")
    assert body["lines"][0] == "SPY: token=*** [2J" or "abc123" not in body["lines"][0]
    assert "\x1b" not in body["lines"][0]
    assert len(body["lines"]) == 21
    assert body["lines"][-1] == "and 11 more"
    assert max(map(len, body["lines"])) == 300


def test_slack_text_is_escaped() -> None:
    hook = Webhook()
    with served(hook) as port:
        sent("SPY: <http://evil|click> & <!channel>", SLACK=f"http://127.0.0.1:{port}/services/T/B/s3cret")
    ((_, body),) = hook.bodies
    assert body == {
        "text": "*marketlake: surprising: ingest_xnys, run r1*\n"
        "SPY: &lt;http://evil|click&gt; &amp; &lt;!channel&gt;"
    }


def test_mail_is_plain_text_without_templates_or_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    server = MailServer()
    with served(server) as port:
        monkeypatch.setenv(
            "AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true"
        )
        sent("SPY: {{ 7 * 7 }} <b>bold</b>", MAIL="desk@example.com")
    (mail,) = server.mails
    message = message_from_string(mail)
    (part,) = [each for each in message.walk() if each.get_content_type() == "text/html"]
    assert message["Subject"] == "marketlake: surprising: ingest_xnys, run r1"
    assert (message["From"], message["To"]) == ("desk@example.com", "desk@example.com")
    body = base64.b64decode(part.get_payload()).decode()
    assert body == "<pre>SPY: {{ 7 * 7 }} &lt;b&gt;bold&lt;/b&gt;</pre>"


@pytest.mark.parametrize("status", [404, 500, 302])
def test_rejected_alert_is_logged_without_the_address(caplog: pytest.LogCaptureFixture, status: int) -> None:
    hook = Webhook(status)
    with served(hook) as port, caplog.at_level(logging.INFO):
        sent("SPY", WEBHOOK=f"http://127.0.0.1:{port}/hook/s3cret")
    assert len(hook.bodies) == 1
    assert "the alert to MARKETLAKE_ALERT_WEBHOOK could not be sent" in caplog.text
    assert "s3cret" not in caplog.text


def test_unreachable_channel_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    hook = Webhook()
    with served(hook) as port:
        sent("SPY", SLACK="http://127.0.0.1:9/s3cret", WEBHOOK=f"http://127.0.0.1:{port}/", MAIL="a@b.c")
    assert len(hook.bodies) == 1
    assert "MARKETLAKE_ALERT_SLACK could not be sent" in caplog.text
    assert "MARKETLAKE_ALERT_MAIL could not be sent" in caplog.text
    assert "s3cret" not in caplog.text


def test_notifier_names_the_failed_task_and_the_error(webhook: Webhook) -> None:
    from marketlake.airflow.alert import AlertNotifier

    ti = SimpleNamespace(dag_id="returns", task_id="build", run_id="r1")
    AlertNotifier().notify({"ti": ti, "exception": ValueError("one\ntwo {{ ti }}")})
    AlertNotifier().notify({"ti": ti})
    assert [body["lines"] for _, body in webhook.bodies] == [
        ["one", "two {{ ti }}"],
        ["its worker was lost, or it was ended from outside"],
    ]
    assert {body["about"] for _, body in webhook.bodies} == {"returns.build, run r1"}


def test_failed_data_sends_an_alert(run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook) -> None:
    pipeline.play(fetch={"SPY": "NotFoundError"})
    assert run_dag("ingest_xnys").state == "failed"
    ((_, body),) = webhook.bodies
    assert body["kind"] == "failed"
    assert body["lines"] == [
        "1 of 1 instruments failed:",
        "  SPY: NotFoundError: made to fail",
    ]


def test_addresses_are_airflow_connections_of_the_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    from marketlake.airflow.alert import send

    hook = Webhook()
    with served(hook) as port:
        address = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("AIRFLOW_CONN_MARKETLAKE_WEBHOOK", connection(f"{address}/only"))
        monkeypatch.setenv("AIRFLOW_CONN_EQ_SLACK", connection(f"{address}/services/a%2Fb?c=d&e"))
        # Compose passes an empty one
        monkeypatch.setenv("AIRFLOW_CONN_EQ_WEBHOOK", connection(""))
        send(alert("SPY"))
        send(alert("SPY"), "eq")
        send(alert("SPY"), "eq", {"MARKETLAKE_ALERT_WEBHOOK": f"{address}/all"})
    paths = [path for path, _ in hook.bodies]
    assert paths == ["/only", "/services/a%2Fb?c=d&e", "/services/a%2Fb?c=d&e", "/all"]


def test_quarantined_rows_send_one_alert(
    run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook
) -> None:
    pipeline.play(fetch={"SPY": "QuarantinedError"}, findings=["fail ohlc: SPY 2024-01-05, close 3"])
    assert run_dag("ingest_xnys").state == "failed"
    ((_, body),) = webhook.bodies
    assert body["kind"] == "failed"
    assert body["lines"] == [
        "1 of 1 instruments failed:",
        "  SPY: QuarantinedError: made to fail",
        "fail ohlc: SPY 2024-01-05, close 3",
    ]


def test_surprising_data_sends_an_alert_and_the_run_succeeds(
    run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook
) -> None:
    pipeline.play(findings=["SPY 2024-01-05: moved by 30 %"])
    assert run_dag("ingest_xnys").state == "success"
    ((_, body),) = webhook.bodies
    assert (body["kind"], body["lines"]) == ("surprising", ["SPY 2024-01-05: moved by 30 %"])


def test_stale_data_sends_one_alert_until_it_is_fresh_again(
    run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook
) -> None:
    spy, btc = {"SPY": "SPY is late"}, {"BTC": "BTC is late"}
    states = []
    for behind in ({}, spy, spy, spy | btc, {}, spy, {}):
        pipeline.play(behind=behind)
        states.append(run_dag("watch").state)
    assert states == ["success", "failed", "failed", "failed", "success", "failed", "success"]
    assert {body["kind"] for _, body in webhook.bodies} == {"stale"}
    assert [body["lines"] for _, body in webhook.bodies] == [
        ["SPY is late"],
        ["BTC is late"],
        ["SPY is late"],
    ]


def test_watch_alerts_once_when_it_cannot_tell_what_is_stale(
    run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook, home: Path
) -> None:
    universe = home / "instruments.toml"
    good = universe.read_text()
    for text in ("[[instrument]\n", "[[instrument]\n", good, "[[instrument]\n"):
        universe.write_text(text)
        assert (run_dag("watch").state == "success") == (text == good)
    assert [body["kind"] for _, body in webhook.bodies] == ["failed", "failed"]
    for _, body in webhook.bodies:
        assert "it is unknown what is stale" in body["lines"][0]
        assert "instruments.toml cannot be read" in body["lines"][0]
    universe.write_text(good)
    assert run_dag("watch").state == "success"


def test_watch_is_red_without_an_alert_before_the_first_load(
    run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook
) -> None:
    pipeline.play(empty=True)
    assert run_dag("watch").state == "failed"
    assert webhook.bodies == []


def test_alert_that_was_not_delivered_is_sent_again(
    run_dag: Callable[..., Any], pipeline: Any, webhook: Webhook
) -> None:
    webhook.status = 503
    pipeline.play(fetch={"SPY": "NotFoundError"}, behind={"BTC": "BTC is late"})
    assert run_dag("ingest_xnys").state == "failed"
    pipeline.play()
    states = [run_dag("watch").state]
    webhook.status = 200
    states += [run_dag("watch").state, run_dag("watch").state]
    assert states == ["failed", "success", "success"]
    assert len(webhook.bodies) == 3
    first, *others = (body for _, body in webhook.bodies)
    assert first["lines"][0] == "1 of 1 instruments failed:"
    assert others == [first, first]


def test_run_that_took_too_long_sends_an_alert(webhook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    from marketlake.airflow.alert import RunFailure

    ti = SimpleNamespace(task_id="build")
    context = {"dag": SimpleNamespace(dag_id="returns"), "run_id": "r1", "ti": ti}
    with caplog.at_level(logging.ERROR):
        RunFailure()({**context, "reason": "task_failure"})
    assert webhook.bodies == []
    assert "returns, run r1 failed (task_failure): see the log of its task build" in caplog.text
    RunFailure()({**context, "reason": "timed_out"})
    ((_, body),) = webhook.bodies
    assert body["lines"] == ["it was ended because it took too long; see the log of its task build"]
