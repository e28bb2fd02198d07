"""Headers of proxies are used only if the proxy is trusted."""

import pytest

from security.proxies import REQUEST_ID, apply_forwarded, client_network, parse_proxies

pytestmark = pytest.mark.once


@pytest.fixture
def trust(settings):
    def set_proxies(*entries: str):
        settings.TRUSTED_PROXIES = parse_proxies(entries)

    return set_proxies


def forwarded_client(peer: str, forwarded: str = "", scheme: str = "") -> tuple[str, str]:
    """Return the client address and the scheme that the site uses."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}
    environ |= {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    environ |= {"HTTP_X_FORWARDED_PROTO": scheme} if scheme else {}
    apply_forwarded(environ)
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"} & set(environ)
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        # A visitor can send a header with any address; the proxy appends to it.
        ("127.0.0.1", "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.66, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "198.51.100.7:50123", "198.51.100.7"),
        ("127.0.0.1", "[2001:db8::7]:50123", "2001:db8::7"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, unknown, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "evil", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_not_a_trusted_proxy(trust, peer, forwarded, client):
    trust("127.0.0.1", "10.0.0.0/8")
    assert forwarded_client(peer, forwarded)[0] == client


@pytest.mark.parametrize(
    ("peer", "forwarded_scheme", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "http, https", "https"),
        ("127.0.0.1", "https, http", "http"),
        ("127.0.0.1", "gopher", "http"),
        ("192.0.2.1", "https", "http"),
    ],
)
def test_the_scheme_is_taken_from_a_trusted_proxy(trust, peer, forwarded_scheme, scheme):
    trust("127.0.0.1")
    assert forwarded_client(peer, "198.51.100.7", forwarded_scheme)[1] == scheme


def test_a_unix_socket_is_trusted_if_it_is_configured(trust):
    trust("127.0.0.1")
    assert forwarded_client("", "198.51.100.7") == ("", "http")
    trust("unix:")
    assert forwarded_client("", "198.51.100.7", "https") == ("198.51.100.7", "https")


def test_without_trusted_proxies_the_headers_are_ignored(trust):
    trust()
    assert forwarded_client("127.0.0.1", "198.51.100.7", "https") == ("127.0.0.1", "http")


def test_a_second_call_changes_nothing(trust):
    trust("127.0.0.1")
    environ = {
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "HTTP_X_FORWARDED_FOR": "198.51.100.7",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_REQUEST_ID": "a-1",
    }
    apply_forwarded(environ)
    once = dict(environ)
    apply_forwarded(environ)
    assert environ == once == {"REMOTE_ADDR": "198.51.100.7", "wsgi.url_scheme": "https", REQUEST_ID: "a-1"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("", ""),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network_of_64_bits(address, network):
    assert client_network({"REMOTE_ADDR": address}) == network


def test_http_redirects_to_https_unless_a_trusted_proxy_says_https(client, trust, settings, db):
    settings.SECURE_SSL_REDIRECT = True
    headers = {"host": "testserver", "x-forwarded-proto": "https"}
    trust("127.0.0.1")
    assert client.get("/en/partners/", headers=headers).status_code == 200
    trust()
    response = client.get("/en/partners/", headers=headers)
    assert (response.status_code, response["Location"]) == (301, "https://testserver/en/partners/")


def test_pages_have_urls_with_the_scheme_of_a_trusted_proxy(client, trust, db):
    trust("127.0.0.1")
    page = client.get("/en/partners/", headers={"host": "testserver", "x-forwarded-proto": "https"}).content.decode()
    assert 'href="https://testserver/en/partners/"' in page
    trust()
    page = client.get("/en/partners/", headers={"host": "testserver", "x-forwarded-proto": "https"}).content.decode()
    assert 'href="http://testserver/en/partners/"' in page
