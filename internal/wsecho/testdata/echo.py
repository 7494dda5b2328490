"""A client that others wrote, against the echo server whose URL is the argument.

It prints one JSON object with what it saw.
"""

import asyncio
import json
import sys

import websockets

SIZES = [0, 1, 2, 124, 125, 126, 127, 1000, 65535, 65536, 300_000, 1 << 20]
LIMIT = 16 << 20


def cut(message):
    """Cuts a message into five fragments or fewer."""
    step = max(1, len(message) // 4)
    return [message[i:i + step] for i in range(0, len(message), step)] or [message]


async def echo(ws):
    different, echoed = [], 0
    for size in SIZES:
        for message in ("é" * (size // 2) + "y" * (size % 2), bytes(i * 7 % 256 for i in range(size))):
            for kind, sent in (("whole", message), ("fragments", cut(message))):
                await ws.send(sent)
                if await ws.recv() != message:
                    different.append([kind, type(message).__name__, size])
                echoed += 1
    return different, echoed


async def main(url):
    async with websockets.connect(url, max_size=None) as ws:
        different, echoed = await echo(ws)
        await (await ws.ping(b"\x00" * 125))
        await ws.close(4321, "done")
    async with websockets.connect(url, max_size=None) as large:
        try:
            await large.send(b"x" * (LIMIT + 1))
            await large.recv()
        except websockets.ConnectionClosed:
            pass
    print(json.dumps({
        "different": different,
        "echoed": echoed,
        "extensions": len(ws.extensions),
        "closed": [ws.close_code, ws.close_reason],
        "too_large": [large.close_code, large.close_reason],
    }))


asyncio.run(main(sys.argv[1]))
