"""A client that others wrote, against the service whose URL is the argument.

It prints one JSON object with what it saw.
"""

import asyncio
import json
import sys

import websockets


async def session(url, subprotocols):
    async with websockets.connect(url, subprotocols=subprotocols) as ws:
        welcome = json.loads(await ws.recv())
        await ws.send(json.dumps({
            "type": "command", "id": "1", "action": "subscribe", "symbols": ["AAPL"],
        }))
        answer = json.loads(await ws.recv())
        quotes = json.loads(await ws.recv())
        await (await ws.ping())
        large = json.dumps({"type": "query", "id": "2", "resource": "symbols", "params": {"limit": 10000}})
        await ws.send(large)
        symbols = json.loads(await ws.recv())
    return {
        "subprotocol": ws.subprotocol,
        "welcome": welcome["event"],
        "subscribed": answer["result"]["subscribed"],
        "bid": quotes["quotes"][0]["bid"],
        "symbols": len(symbols["result"]["symbols"]),
        "closed": ws.close_code,
    }


async def closed_by_server(url, message):
    async with websockets.connect(url) as ws:
        await ws.recv()
        await ws.send(message)
        try:
            while True:
                await ws.recv()
        except websockets.ConnectionClosed as end:
            return [end.code, end.reason]


async def main(url):
    print(json.dumps({
        "chosen": await session(url, ["ticker.v1.json"]),
        "default": await session(url, None),
        "binary": await closed_by_server(url, b"\x00"),
        "large": await closed_by_server(url, "x" * 70000),
    }))


asyncio.run(main(sys.argv[1]))
