"""What leaves the service: where it may go, what it looks like on the way, and how an attempt ends."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dq_service.service import outgoing
from dq_service.service.outgoing import Forbidden, Outgoing, Resolve, Sent, is_public, new_secret, signed
from tests.service.receiver import Receiver, Reply

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
PUBLIC = "93.184.215.14"


def resolving(*addresses: str) -> Resolve:
    """A resolver that knows one answer to everything."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


def examined(url: str, way: Outgoing) -> str:
    """Why a URL is refused; "" where it is not."""
    try:
        asyncio.run(way.examine(url))
    except Forbidden as refused:
        return str(refused)
    finally:
        way.close()
    return ""


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:100.64.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "100.63.255.255", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/",  # 127.0.0.1 as one number
        "https://0x7f.1/",
        "https://0/",
        "https://localhost:8000/",
        "https://10.1.2.3/",
    ],
)
def test_an_address_inside_is_refused(url: str) -> None:
    assert examined(url, Outgoing()) == "The URL's host is not on the public internet."


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "example.com",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: 1",
        "https://example.com/#part",
        "https://[::1/",
        "https://example.com/" + "a" * 3000,
        "http://example.com/",
        "",
    ],
)
def test_what_is_no_url_for_a_webhook(url: str) -> None:
    why = examined(url, Outgoing(resolve=resolving(PUBLIC)))
    assert why.startswith("The URL ")
    assert "example.com" not in why


def test_a_url_on_the_public_internet_passes() -> None:
    assert examined("https://hooks.example.com:8443/dq?token=1", Outgoing(resolve=resolving(PUBLIC))) == ""
    assert examined("https://bücher.example.com/", Outgoing(resolve=resolving("2606:4700::1111"))) == ""


def test_plain_http_goes_only_where_the_operator_allows() -> None:
    assert examined("http://127.0.0.1:9/hook", Outgoing(LOOPBACK)) == ""
    assert examined("http://hooks.example.com/", Outgoing(LOOPBACK, resolve=resolving(PUBLIC)))
    assert examined("https://10.0.0.1/", Outgoing(LOOPBACK))


def test_a_name_that_is_not_known_yet_passes() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    assert examined("https://soon.example.com/", Outgoing(resolve=resolve)) == ""


def posted(
    answer: Reply,
    *,
    way: Outgoing | None = None,
    host: str = "127.0.0.1",
    times: int = 1,
    timeout: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> tuple[list[Sent], Receiver]:
    """How attempts end at a receiver that answers so, and the receiver."""

    async def trial() -> tuple[list[Sent], Receiver]:
        going = way or Outgoing(LOOPBACK)
        async with Receiver(lambda _: answer, tls) as receiver:
            line = going.line(receiver.url(host), connections=2, timeout=timeout)
            try:
                return [
                    await line.post(b'{"a":1}', {"content-type": "application/json"}) for _ in range(times)
                ], receiver
            finally:
                await line.close()
                going.close()

    return asyncio.run(trial())


def test_an_attempt_on_a_connection_that_stays() -> None:
    sent, receiver = posted(Reply(200, body=b"ok"), times=3)
    assert [one.accepted for one in sent] == [True] * 3
    assert receiver.connections == 1
    request = receiver.requests[0]
    assert (request.line, request.body) == ("POST /hook HTTP/1.1", b'{"a":1}')
    assert request.headers["content-type"] == "application/json"


def test_the_host_stays_when_the_address_is_resolved() -> None:
    way = Outgoing(LOOPBACK, resolve=resolving("127.0.0.1"))
    sent, receiver = posted(Reply(), way=way, host="hooks.example.com")
    assert sent == [Sent(204)]
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"


def test_the_name_for_tls_stays_when_the_address_is_resolved() -> None:
    names: list[str | None] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # it has no certificate: the handshake fails after the name is told
    tls.sni_callback = lambda _, name, __: names.append(name)
    way = Outgoing(LOOPBACK, resolve=resolving("127.0.0.1"))
    sent, receiver = posted(Reply(), way=way, host="hooks.example.com", tls=tls)
    assert sent == [Sent(None, "tls")]
    assert names == ["hooks.example.com"]
    assert receiver.requests == []


def test_a_name_that_turns_inwards_is_not_followed() -> None:
    """DNS rebinding: public when the webhook is made, inside when it is sent."""
    answers = [[PUBLIC], ["169.254.169.254"]]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async def trial() -> Sent:
        way = Outgoing(resolve=resolve)
        await way.examine("https://hooks.example.com/")
        line = way.line("https://hooks.example.com/", connections=1)
        try:
            return await line.post(b"{}", {})
        finally:
            await line.close()
            way.close()

    assert asyncio.run(trial()) == Sent(None, "address")


def test_only_judged_addresses_are_connected_to() -> None:
    way = Outgoing(LOOPBACK, resolve=resolving("10.0.0.1", "127.0.0.1"))
    assert posted(Reply(), way=way, host="hooks.example.com")[0] == [Sent(204)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    sent, receiver = posted(Reply(status, {"Location": "/elsewhere"}))
    assert [(one.status, one.accepted) for one in sent] == [(status, False)]
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(("status", "accepted"), [(200, True), (299, True), (400, False), (410, False), (503, False)])
def test_2xx_only_is_success(status: int, accepted: bool) -> None:
    assert [(one.status, one.accepted) for one in posted(Reply(status))[0]] == [(status, accepted)]


@pytest.mark.parametrize(("text", "seconds"), [("120", 120), ("999999", 3600), ("-1", 0), ("Wed, 21 Oct 2026", 0)])
def test_a_receiver_may_ask_for_time(text: str, seconds: float) -> None:
    assert posted(Reply(503, {"Retry-After": text}))[0] == [Sent(503, retry_after=seconds)]


def test_a_long_answer_is_not_read_to_its_end() -> None:
    endless = Reply(200, {"Content-Length": str(10**9)}, b"x" * (outgoing.MOST_READ + 1), then_hang=True)
    assert posted(endless)[0] == [Sent(200)]


def test_a_receiver_that_hangs_is_a_timeout() -> None:
    assert posted(Reply(hang=True), timeout=0.05)[0] == [Sent(None, "timeout")]
    dripping = Reply(200, {"Content-Length": "10"}, b"x", then_hang=True)
    assert posted(dripping, timeout=0.05)[0] == [Sent(None, "timeout")]


def test_nobody_there_is_a_connection_that_failed() -> None:
    async def trial() -> Sent:
        way = Outgoing(LOOPBACK)
        async with Receiver() as receiver:
            url = receiver.url()
        line = way.line(url, connections=1)
        try:
            return await line.post(b"{}", {})
        finally:
            await line.close()
            way.close()

    assert asyncio.run(trial()) == Sent(None, "connection")


def test_no_such_name() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    assert posted(Reply(), way=Outgoing(resolve=resolve))[0] == [Sent(None, "name")]


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert posted(Reply())[0] == [Sent(204)]


# --- the signature --------------------------------------------------------------------------------------------------


def test_a_receiver_verifies_the_signature_with_the_standard_library() -> None:
    secret, body = new_secret(), '{"type":"order.held","name":"Zoë"}'.encode()
    headers = signed(secret, "evt_1", int(datetime.now(UTC).timestamp()), body)
    assert Webhook(secret).verify(body, headers) == {"type": "order.held", "name": "Zoë"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"held", b"sent"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_the_signature_of_the_specification() -> None:
    """The example that Standard Webhooks gives."""
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_differ() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
