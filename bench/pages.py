"""Open pages without a browser, as a process of its own; the first line of stdin says which (`bench.streams`).

Each does what src/js/live.js does: one stream; a signal about its item fetches the item's part at once, one about lists
fetches rail and list, at most every 2–3 s and spread as the server asks. Each further line asks for a report: what was
fetched since the last one, as JSON.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

LIST_S, SPREAD_S, FIRST_S = 2.0, 0.25, 0.3


@dataclass
class Seen:
    """When (clock time) parts with the change had come, and what went wrong."""

    items: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Page:
    host: str
    port: int
    cookie: str
    topics: list[str]
    parts: list[str]  # what a signal about lists fetches
    seen: Seen
    item_part: str = ""
    next_list: float = 0.0
    planned: bool = False
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def _ask(self, path: str, more: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {self.cookie}\r\n{more}\r\n".encode()
        )
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            self.seen.errors.append(f"{path}: {head[:60]!r}")
        return reader, writer

    async def live(self, opened: asyncio.Semaphore) -> None:
        reader, writer = await self._ask(f"/events?topics={','.join(self.topics)}")
        opened.release()
        topic = ""
        while line := await reader.readline():
            text = line.decode().strip()
            if text.startswith("event: "):
                topic = text.removeprefix("event: ")
            elif text.startswith("data: ") and topic not in ("here", ""):
                self._hear(topic, int(text.removeprefix("data: ")) / 1000)
                topic = ""
        self.seen.errors.append("a stream ended")
        writer.close()

    def _hear(self, topic: str, spread: float) -> None:
        if topic == "queue":
            if not self.planned:
                self.planned = True
                own = random.random() * SPREAD_S if spread <= SPREAD_S else FIRST_S + random.random() * spread
                wait = max(own, self.next_list - time.monotonic())
                self._do(self._fetch_lists(wait))
        else:
            self._do(self._fetch(self.item_part, self.seen.items))

    def _do(self, what: Any) -> None:
        task = asyncio.ensure_future(what)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _fetch_lists(self, wait: float) -> None:
        await asyncio.sleep(wait)
        self.planned = False
        self.next_list = time.monotonic() + LIST_S + random.random()
        await asyncio.gather(*(self._fetch(part, self.seen.lists) for part in self.parts))

    async def _fetch(self, path: str, seen: list[float]) -> None:
        try:
            reader, writer = await self._ask(path, "HX-Request: true\r\nConnection: close\r\n")
            await reader.read(-1)
            seen.append(time.time())
            writer.close()
        except (OSError, asyncio.IncompleteReadError) as failure:
            self.seen.errors.append(f"{path}: {failure!r}")


def _pages(what: dict[str, Any], seen: Seen) -> list[Page]:
    there = urlsplit(what["url"])
    host, port = str(there.hostname), int(there.port or 80)
    staff, member, item = what["staff_cookie"], what["member_cookie"], what["item"]
    rail, queue = "/rail?at=/work?view=unclaimed", "/work?view=unclaimed"
    on_item = [Page(host, port, staff, [f"item-{item}", "queue"], [rail], seen, f"/items/{item}")] * what["on_item"]
    on_queue = [Page(host, port, staff, ["queue"], [rail, queue], seen)] * what["on_queue"]
    on_order = [Page(host, port, member, [f"order-{what['order']}"], [], seen)] * what["on_order"]
    return [replace(page, tasks=set()) for page in (*on_item, *on_queue, *on_order)]


async def _main() -> None:
    loop = asyncio.get_running_loop()
    seen, opened = Seen(), asyncio.Semaphore(0)
    lives = []
    pages = _pages(json.loads(sys.stdin.readline()), seen)
    for page in pages:  # one after the other, as people come
        lives.append(asyncio.create_task(page.live(opened)))
        await asyncio.wait_for(opened.acquire(), 30)
    print(json.dumps({"open": len(pages)}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(vars(seen)), flush=True)
        for values in vars(seen).values():
            values.clear()


if __name__ == "__main__":
    asyncio.run(_main())
