import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeGateway, type FakeGateway } from "../../tests/fakes/gateway.ts";
import { createTestApi } from "../../tests/support/test_api.ts";
import { createEventFeed, type EventFeed, READERS_MAX } from "./event_feed.ts";

interface Fixture {
  readonly gateway: FakeGateway;
  readonly feed: EventFeed;
  /** Timers that run now. */
  readonly ticks: Set<() => void>;
}

function open(): Fixture {
  const gateway = createFakeGateway();
  const ticks = new Set<() => void>();
  const feed = createEventFeed({
    gateway,
    every: (ms, tick) => {
      equal(ms, 1000);
      ticks.add(tick);
      return () => void ticks.delete(tick);
    },
  });
  return { gateway, feed, ticks };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function next(reader: Reader): Promise<{ name: string; data: Record<string, unknown> }> {
  const text = new TextDecoder().decode((await reader.read()).value);
  const match = /^event: ([a-z_]+)\ndata: (\{.*\})\n\n$/.exec(text);
  ok(match?.[1] !== undefined && match[2] !== undefined, text);
  return { name: match[1], data: JSON.parse(match[2]) };
}

async function openReader(stream: ReadableStream<Uint8Array> | null | undefined): Promise<Reader> {
  ok(stream !== undefined && stream !== null);
  const reader = stream.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "retry: 1000\n\n");
  return reader;
}

test("createEventFeed() begins with the totals, and has them again at each tick", async () => {
  const { gateway, feed, ticks } = open();
  equal(ticks.size, 0);
  const reader = await openReader(feed.open());
  const { name, data } = await next(reader);
  equal(name, "totals");
  deepEqual(Object.keys(data), [
    "at",
    "uptimeSeconds",
    "draining",
    "unready",
    "upstream",
    "totals",
  ]);
  deepEqual(data["totals"], JSON.parse(JSON.stringify(gateway.totals())));
  for (const tick of ticks) tick();
  equal((await next(reader)).name, "totals");
});

test("createEventFeed() tells every reader what happens", async () => {
  const { gateway, feed } = open();
  const readers = [await openReader(feed.open()), await openReader(feed.open())];
  for (const reader of readers) await next(reader);
  gateway.emit({
    event: "path_moved",
    at: "2026-11-24T12:00:00.000Z",
    level: "info",
    fields: { connection: 7, spi: "0xc0ffee01" },
  });
  for (const reader of readers) {
    deepEqual(await next(reader), {
      name: "path_moved",
      data: { at: "2026-11-24T12:00:00.000Z", connection: 7, spi: "0xc0ffee01" },
    });
  }
});

test("createEventFeed() rests when nobody reads, and has room again", async () => {
  const { gateway, feed, ticks } = open();
  const streams = Array.from({ length: READERS_MAX }, (): ReturnType<EventFeed["open"]> => {
    return feed.open();
  });
  ok(!streams.includes(undefined));
  equal(feed.open(), undefined);
  equal(ticks.size, 1);
  await streams.pop()?.cancel();
  streams.push(feed.open());
  ok(!streams.includes(undefined));
  for (const stream of streams) await stream?.cancel();
  deepEqual([feed.readers(), ticks.size, gateway.listeners()], [0, 0, 0]);
});

test("GET /v1/events is a stream of server-sent events, HEAD its header", async () => {
  const { app } = createTestApi();
  const response = await app.request("/v1/events");
  equal(response.status, 200);
  equal(response.headers.get("content-type"), "text/event-stream");
  equal(response.headers.get("cache-control"), "no-store");
  const reader = await openReader(response.body);
  equal((await next(reader)).name, "totals");
  await reader.cancel();
  const head = await app.request("/v1/events", { method: "HEAD" });
  deepEqual([head.status, await head.text()], [200, ""]);
});

test("GET /v1/events refuses one reader too many", async () => {
  const { app } = createTestApi();
  const open = await Promise.all(
    Array.from({ length: READERS_MAX }, () => app.request("/v1/events")),
  );
  const refused = await app.request("/v1/events");
  deepEqual([refused.status, refused.headers.get("retry-after")], [503, "10"]);
  equal((await refused.json()).detail, "Too many readers of events");
  for (const { body } of open) await body?.cancel();
});
