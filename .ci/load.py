"""An open-loop load over HTTP: requests go out by the clock, whether or not the ones before them were answered.

Latency counts from the scheduled time, so that a server that stood still pays for all who waited meanwhile.
"""
import asyncio, collections, gc, time


class Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, load):
        self.load, self.buffer, self.missing = load, b"", None

    def connection_made(self, transport):
        self.transport = transport
        self.load.free.append(self)

    def send(self, due, request):
        self.due = due
        self.transport.write(request)

    def data_received(self, data):
        if self.missing is None:
            self.buffer += data
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            length = head.find(b"\r\ncontent-length:")
            if length < 0 or not head.startswith(b"http/1.1 200"):
                return self.load.fail(f"not an answer of known length: {head[:60]!r}")
            self.missing = end + 4 + int(head[length + 17:].split(b"\r\n", 1)[0]) - len(self.buffer)
        else:
            self.missing -= len(data)
        if self.missing == 0:
            self.buffer, self.missing = b"", None
            self.load.answered(self)

    def connection_lost(self, error):
        self.load.fail(f"a connection was closed: {error}")


class Load:
    def __init__(self, port, paths, rate):
        self.port, self.rate, self.free, self.waiting, self.latencies = port, rate, [], collections.deque(), []
        self.requests = [
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n".encode()
            for path in paths]

    def fail(self, reason):
        if not self.done.done():
            self.done.set_exception(SystemExit(f"bench: {reason}"))

    def answered(self, client):
        self.latencies.append((time.monotonic() - client.due) * 1_000)
        if self.waiting:
            client.send(*self.waiting.popleft())
        else:
            self.free.append(client)
        if len(self.latencies) == len(self.requests):
            self.done.set_result(None)

    async def run(self, connections):
        loop = asyncio.get_running_loop()
        self.done = loop.create_future()
        clients = [await loop.create_connection(lambda: Client(self), "127.0.0.1", self.port)
                   for _ in range(connections)]
        start = time.monotonic() + 0.1
        for index, request in enumerate(self.requests):
            due = start + index / self.rate
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            if self.free:
                self.free.pop(0).send(due, request)
            else:
                self.waiting.append((due, request))
        await asyncio.wait_for(self.done, 60)
        for transport, _ in clients:
            transport.abort()


def latencies(port, paths, rate=200, connections=16):
    """Milliseconds, sorted."""
    load = Load(port, paths, rate)
    gc.disable()
    try:
        asyncio.run(load.run(connections))
    finally:
        gc.enable()
    return sorted(load.latencies)


def quantile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]
