"""Letters on the wire: what a mail server gets, and what each of its answers means."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.domain.errors import PermanentFailure, TemporaryFailure
from app.services.mails.letters import Letter
from tests.support.mail_server import CLOSE, MailServer
from workers.southbound.notifier.smtp import SmtpNotifier
from workers.southbound.protocols import RecipientLater

LETTER = Letter(
    to="ada@harbour.example", subject="Order 100001 has been received – danke", text="Zürich\n.\nend\n",
    html="<p>Zürich</p>", message_id="<abc@ix.example>", stop_url="https://ix.example/mail/stop/x",
)  # fmt: skip
FROM = "Example Exchange <orders@ix.example>"


@pytest.fixture
def server() -> Iterator[MailServer]:
    started = MailServer().start()
    yield started
    started.stop()


def send(server: MailServer, letter: Letter = LETTER) -> None:
    SmtpNotifier(server.url, FROM, seconds=5).send(letter)


def test_a_letter_arrives_as_text_and_html_with_its_headers(server: MailServer) -> None:
    send(server)
    (kept,) = server.kept
    assert (kept.sender, kept.to) == ("orders@ix.example", "ada@harbour.example")
    assert kept.message["Subject"] == LETTER.subject
    assert kept.message["From"] == FROM
    assert kept.message["Message-ID"] == "<abc@ix.example>"
    assert kept.message["List-Unsubscribe"] == "<https://ix.example/mail/stop/x>"
    assert kept.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert kept.message["Auto-Submitted"] == "auto-generated"
    assert kept.text.replace("\r\n", "\n") == LETTER.text
    assert "Zürich" in kept.html


def test_an_address_in_a_header_stands_on_the_wire_as_it_is_however_long(server: MailServer) -> None:
    stop_url = f"https://orders.exchange.example/mail/stop/{'x' * 300}"
    send(server, replace(LETTER, stop_url=stop_url, message_id=f"<{'y' * 90}@orders.exchange.example>"))
    lines = server.kept[0].raw.split(b"\r\n")
    assert f"List-Unsubscribe: <{stop_url}>".encode() in lines
    assert f"Message-ID: <{'y' * 90}@orders.exchange.example>".encode() in lines
    assert max(len(line) for line in lines) < 998, "RFC 5322, 2.1.1"


def test_a_letter_that_cannot_be_stopped_offers_no_way_to(server: MailServer) -> None:
    send(server, replace(LETTER, stop_url=""))
    assert server.kept[0].message["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    ("command", "answer", "meaning"),
    [
        ("RCPT", "450 greylisted", RecipientLater),
        ("RCPT", "550 no such user", PermanentFailure),
        ("MAIL", "550 you are not welcome", TemporaryFailure),
        ("END", "451 try later", TemporaryFailure),
        ("END", "554 refused", PermanentFailure),
        ("END", CLOSE, TemporaryFailure),
        ("DATA", "452 full", TemporaryFailure),
        ("EHLO", CLOSE, TemporaryFailure),
    ],
)
def test_what_a_mail_server_answers_has_a_meaning(
    server: MailServer, command: str, answer: str, meaning: type[Exception]
) -> None:
    server.answers[command] = answer
    with pytest.raises(meaning) as told:
        send(server)
    assert type(told.value) is meaning


def test_a_mail_server_that_is_down_is_a_temporary_failure(server: MailServer) -> None:
    url = server.url
    server.stop()
    with pytest.raises(TemporaryFailure, match="The mail server cannot be used"):
        SmtpNotifier(url, FROM, seconds=2).send(LETTER)
    server.start()
