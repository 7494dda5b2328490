"""A client of polls that others wrote, against the service whose address is the argument.

It prints a line when it begins to wait for a change, and then one JSON object with
what it saw.
"""

import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

TARGET = "/v1/poll?"


def first(address):
    with urllib.request.urlopen("http://" + address + TARGET + "symbols=AAPL,BTC-*") as answer:
        poll = json.load(answer)
        assert poll["cursor"] == answer.headers["Ticker-Cursor"]
        return poll


def refused(address):
    try:
        urllib.request.urlopen("http://" + address + TARGET + "symbols=aapl")
    except urllib.error.HTTPError as answer:
        return [answer.code, answer.headers["Content-Type"], json.load(answer)["code"]]


def again(connection, cursor, wait):
    query = urllib.parse.urlencode({"symbols": "AAPL,BTC-*", "cursor": cursor, "wait": wait})
    connection.request("GET", TARGET + query)
    answer = connection.getresponse()
    return answer.status, answer.headers["Ticker-Cursor"], answer.read()


def main(address):
    poll = first(address)
    connection = http.client.HTTPConnection(address)
    nothing, cursor, body = again(connection, poll["cursor"], "0s")
    print("waiting", flush=True)
    status, cursor, changed = again(connection, cursor, "60s")
    still, _, _ = again(connection, cursor, "200ms")
    print(json.dumps({
        "first": [quote["bid"] for quote in poll["quotes"]],
        "nothing": [nothing, len(body)],
        "changed": [status, [quote["symbol"] for quote in json.loads(changed)["quotes"]]],
        "nothing more": still,
        "refused": refused(address),
    }))


main(sys.argv[1])
