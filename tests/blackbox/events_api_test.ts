// `GET /v1/events` of a running gateway: events arrive in order and without keys; a slow reader
// loses some and is told.

import { deepEqual, equal, ok } from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { describe } from "node:test";
import { type Api, spiText } from "../support/api.ts";
import { expectEcho } from "../support/echo.ts";
import { type EventData, openEvents } from "../support/events.ts";
import { addPeer } from "../support/peers.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle, sleep, WAIT_MS, within } from "../support/wait.ts";

describe("events", () => {
  const gateway = useGateway();

  scenario("totals come at once and every second, and count what happens", async () => {
    const { api } = gateway();
    const events = await openEvents(api);
    const first = await events.next("totals");
    const peer = await addPeer(api);
    await expectEcho(await gateway().connect(), peer);
    await events.next("connection_opened");
    const later = await events.next("totals", ({ totals }) => espIn(totals) > espIn(first.totals));
    ok(Number(later.uptimeSeconds) > Number(first.uptimeSeconds));
    equal(espIn(later.totals), espIn(first.totals) + 1);
    deepEqual(later.draining, (await api.get("/v1/status") as EventData).draining);
    events.close();
  });

  scenario("a connection, its path, its end; SAs come and go", async () => {
    const { api } = gateway();
    const events = await openEvents(api);
    const peer = await addPeer(api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    const remote = `127.0.0.1:${connection.localPort}`;
    const installed = [await events.next("sa_installed"), await events.next("sa_installed")];
    deepEqual(installed.map(({ spi, direction, peer: name }) => [spi, direction, name]), [
      [spiText(peer.inbound.spi), "inbound", peer.name],
      [spiText(peer.outbound.spi), "outbound", peer.name],
    ]);
    const opened = await events.next("connection_opened");
    equal(opened.remote, remote);
    const moved = await events.next("path_moved");
    deepEqual([moved.connection, moved.spi], [opened.connection, spiText(peer.inbound.spi)]);
    await api.request("DELETE", `/v1/connections/${opened.connection}`);
    const closed = await events.next("connection_closed");
    deepEqual([closed.connection, closed.status], [opened.connection, "kicked"]);
    ok(Math.abs(Date.parse(String(closed.at)) - Date.now()) < 60_000);
    await api.removeSa(peer.outbound.spi);
    equal((await events.next("sa_removed")).spi, spiText(peer.outbound.spi));
    events.close();
  });

  scenario("the path of a client that sends on two connections is told once a second", async () => {
    const { api } = gateway();
    const events = await openEvents(api);
    const peer = await addPeer(api);
    const connections = [await gateway().connect(), await gateway().connect()];
    const echoOnEach = async (): Promise<void> => {
      for (const connection of connections) await expectEcho(connection, peer);
    };
    for (let i = 0; i < 20; i++) await echoOnEach();
    await sleep(1000);
    await echoOnEach();
    const told = [];
    for (let i = 0; i < 2; i++) told.push((await events.next("path_moved")).suppressed);
    deepEqual(told, [undefined, undefined], "the first path, the first move");
    const { suppressed, remote } = await events.next("path_moved");
    ok(Number(suppressed) > 0, `${suppressed} held back`);
    ok(connections.some(({ localPort }) => remote === `127.0.0.1:${localPort}`));
    events.close();
  });

  scenario("an SA whose time has passed without a packet is told", async () => {
    const { api } = gateway();
    const events = await openEvents(api);
    const peer = await addPeer(api, { inbound: { hardSeconds: 1 } });
    equal((await events.next("sa_expired")).spi, spiText(peer.inbound.spi));
    events.close();
  });

  scenario("a hundred readers that read nothing: the gateway answers, lets them go", async () => {
    const { api } = gateway();
    const slow = await Promise.all(Array.from({ length: 100 }, () => openSlow(api)));
    deepEqual(slow.map(({ status }) => status), new Array(100).fill("200"));
    const events = await openEvents(api);
    const peer = await addPeer(api);
    const connection = await gateway().connect();
    for (let i = 0; i < 20; i++) await expectEcho(connection, peer);
    await events.next("totals");
    events.close();
    for (const { socket } of slow) socket.destroy();
    // The readers that are gone have freed their places; without those there would be too few for
    // 200 more.
    const statuses = await settle(() => openMany(api), (all) => all.every((one) => one === "200"));
    deepEqual(statuses, new Array(200).fill("200"));
  });
});

function espIn(totals: unknown): number {
  const { frames } = totals as { frames: { inbound: { esp: number } } };
  return frames.inbound.esp;
}

interface SlowReader {
  readonly socket: Socket;
  /** Of the answer. */
  readonly status: string;
}

/** A reader that takes the header of the answer, and then nothing more. */
function openSlow({ host, port }: Pick<Api, "host" | "port">): Promise<SlowReader> {
  return within<SlowReader>(WAIT_MS, "the header of a stream", (resolve, reject) => {
    const socket = connect({ host, port });
    socket.on("error", reject);
    socket.once("data", (octets: Buffer) => {
      socket.pause();
      const [, status = "none"] = /^HTTP\/1\.1 (\d+) /.exec(octets.toString("latin1")) ?? [];
      resolve({ socket, status });
    });
    socket.write(`GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  });
}

async function openMany(api: Api): Promise<string[]> {
  const readers = await Promise.all(Array.from({ length: 200 }, () => openSlow(api)));
  for (const { socket } of readers) socket.destroy();
  return readers.map(({ status }) => status);
}
