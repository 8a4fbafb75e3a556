import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeSa } from "../../tests/fakes/sa.ts";
import { openResponder, type Responder } from "../../tests/support/responder.ts";
import { openTestKernel } from "../../tests/support/test_kernel.ts";
import { settle, sleep } from "../../tests/support/wait.ts";
import { parseAddress } from "../model/address.ts";
import type { GatewayEvent, Subject } from "../model/event.ts";
import type { KickOutcome } from "../model/gateway.ts";
import type { SaView } from "../model/sa_view.ts";
import { dialForSas, type SaDialer, type SaDialerOptions } from "./dial_for_sas.ts";
import { pauseMs, startDialer } from "./dialer.ts";

const LOOPBACK = parseAddress("127.0.0.1");

interface Scene {
  readonly dialer: SaDialer;
  readonly options: SaDialerOptions;
  /** The SAs of the SAD. */
  readonly views: SaView[];
  /** Ids of the SAs that were greeted. */
  readonly greeted: number[];
  /** Connections that the dialer has closed. */
  readonly kicked: number[];
  /** Why connections have failed. */
  readonly reasons: string[];
  /** Puts an SA into the SAD, and tells the dialer. */
  install(sa: SaView): void;
  /** The connection ends. */
  end(): void;
  close(): Promise<void>;
}

/** A dialer whose lanes only keep the orders that they are given. */
function openScene(sas: readonly SaView[], more: Partial<SaDialerOptions> = {}): Scene {
  const kernel = openTestKernel();
  const greeted: number[] = [];
  const kicked: number[] = [];
  const reasons: string[] = [];
  let listener: (event: GatewayEvent, subject: Subject) => void = () => undefined;
  let fd = -1;
  let connections = 0;
  const tell = (event: string): void =>
    listener({ event, at: "", level: "info", fields: { connection: connections } }, "other");
  const views = [...sas];

  const options: SaDialerOptions = {
    target: { host: "responder", port: 4500, text: "responder:4500" },
    tcp: { congestion: null, keepaliveS: 0 },
    kernel,
    sad: {
      views: () => [...views],
      view: (id) => views.find((view) => view.id === id),
      usePath: (row) => equal(row, 1),
    },
    orders: {
      sendDummy: (id) => void greeted.push(id),
      kick(id): KickOutcome {
        kicked.push(id);
        end();
        return "told";
      },
    },
    log(_level, event, fields): void {
      if (event === "connect_failed") reasons.push(String(fields?.["reason"]));
    },
    resolve: () => Promise.resolve(LOOPBACK === undefined ? [] : [LOOPBACK]),
    mark: 0,
    clock: () => performance.now(),
    random: () => 0,
    lanes: {
      command(_lane, [, given = -1]): boolean {
        fd = given;
        connections++;
        queueMicrotask(() => tell("connection_opened"));
        return true;
      },
    },
    events: {
      subscribe(added): () => void {
        listener = added;
        return () => void (listener = () => undefined);
      },
    },
    rows: {
      locate: (id) =>
        fd >= 0 && id === connections ? { lane: 0, row: 1, generation: 1 } : undefined,
      idOfDescriptor: () => fd < 0 ? undefined : connections,
    },
    ...more,
  };
  const dialer = dialForSas(options);

  function install(sa: SaView): void {
    views.push(sa);
    const entry = {
      id: sa.id,
      row: sa.id,
      keyBits: sa.keyBits,
      digest: null,
      isStandby: false,
      installedAt: "",
    };
    dialer.installed({ ...entry, spec: sa });
  }

  function end(): void {
    if (fd >= 0) kernel.libc.close(fd);
    fd = -1;
    tell("connection_closed");
  }

  async function close(): Promise<void> {
    dialer.stop();
    end();
    // Dials that it has begun end with it.
    await sleep(20);
  }

  return { dialer, options, views, greeted, kicked, reasons, install, end, close };
}

async function withResponder(run: (responder: Responder) => Promise<void>): Promise<void> {
  const responder = await openResponder();
  try {
    await run(responder);
  } finally {
    await responder.close();
  }
}

test("each peer is greeted by its newest SA that takes packets", async () => {
  await withResponder(async ({ port, accept }) => {
    const scene = openScene([
      createFakeSa({ id: 1, peer: "a" }),
      createFakeSa({ id: 2, peer: "a", state: "soft" }),
      createFakeSa({ id: 3, peer: "a", state: "expired" }),
      createFakeSa({ id: 4, peer: "b" }),
      createFakeSa({ id: 5, peer: "c", direction: "inbound" }),
    ], { target: { host: "responder", port, text: "" } });
    await accept();
    deepEqual(await settle(() => scene.greeted, ({ length }) => length >= 2), [2, 4]);
    scene.install(createFakeSa({ id: 6, peer: "b" }));
    scene.install(createFakeSa({ id: 7, direction: "inbound" }));
    deepEqual(scene.greeted.slice(0, 3), [2, 4, 6]);
    await scene.close();
  });
});

test("SAs that have expired are no reason to connect; a new one is", async () => {
  await withResponder(async ({ port, accept, waiting }) => {
    const scene = openScene([
      createFakeSa({ id: 1, state: "expired" }),
      createFakeSa({ direction: "inbound" }),
    ], {
      target: { host: "responder", port, text: "" },
    });
    await sleep(500);
    equal(waiting(), 0);
    scene.install(createFakeSa({ id: 2 }));
    await accept();
    await scene.close();
  });
});

test("with the last SA the connection goes, and comes back with the next one", async () => {
  await withResponder(async ({ port, accept, waiting }) => {
    const scene = openScene([
      createFakeSa({ id: 1 }),
      createFakeSa({ id: 2, direction: "inbound" }),
    ], {
      target: { host: "responder", port, text: "" },
    });
    await accept();
    await settle(() => scene.greeted.length, (count) => count > 0);
    scene.views.shift();
    scene.dialer.removed();
    deepEqual(scene.kicked, [], "something may still come");
    scene.views.shift();
    scene.dialer.removed();
    deepEqual(scene.kicked, [1]);
    await sleep(500);
    equal(waiting(), 0);
    scene.install(createFakeSa({ id: 3 }));
    await accept();
    await scene.close();
  });
});

test("the second address is tried when the first fails, and first from then on", async () => {
  await withResponder(async ({ port, accept }) => {
    const [away, there] = [parseAddress("127.0.0.99"), LOOPBACK];
    ok(away !== undefined && there !== undefined);
    const scene = openScene([createFakeSa({})], {
      target: { host: "responder", port, text: "" },
      resolve: () => Promise.resolve([away, there]),
      // Every connection has lasted.
      clock: (() => {
        let now = 0;
        return () => now += 60_000;
      })(),
    });
    for (let i = 1; i <= 3; i++) {
      await accept();
      equal(await settle(() => scene.greeted.length, (count) => count === i), i);
      scene.end();
    }
    await scene.close();
    equal(scene.reasons.length, 1, `${scene.reasons}`);
    match(scene.reasons[0] ?? "", /127\.0\.0\.99.*ECONNREFUSED/);
  });
});

test("tries that take long and lead nowhere come ever more seldom", async () => {
  let [now, tries] = [0, 0];
  const scene = openScene([createFakeSa({})], {
    resolve(): Promise<never> {
      tries++;
      now += 60_000;
      return Promise.reject(new Error("Cannot resolve responder: ETIMEOUT"));
    },
    clock: () => now,
  });
  await sleep(2000);
  await scene.close();
  // After 0, 188, 563 and 1313 ms; without growth one comes every 188 ms.
  ok(tries >= 2 && tries <= 4, `${tries} tries`);
  equal(scene.reasons.length, tries);
});

test("a connection that ended before a lane had it is told", async () => {
  await withResponder(async ({ port, accept }) => {
    const scene = openScene([], { target: { host: "responder", port, text: "" } });
    await scene.close();
    let missed = 0;
    const dialer = startDialer({
      ...scene.options,
      rows: { locate: () => undefined, idOfDescriptor: () => undefined },
      purpose: {
        isNeeded: () => true,
        opened: () => () => undefined,
        missed: () => void missed++,
      },
    });
    await accept();
    equal(await settle(() => missed, (count) => count > 0), 1);
    dialer.stop();
  });
});

test("a dialer that was stopped dials no more, and says nothing of it", async () => {
  await withResponder(async ({ port, accept, waiting }) => {
    const scene = openScene([createFakeSa({})], { target: { host: "responder", port, text: "" } });
    await accept();
    scene.dialer.stop();
    scene.end();
    await sleep(1000);
    equal(waiting(), 0);
    deepEqual(scene.reasons, []);
  });
});

test("pauses double from a quarter of a second to half a minute, give or take a quarter", () => {
  deepEqual([1, 2, 3, 99].map((failures) => pauseMs(failures, 0.5)), [250, 500, 1000, 30_000]);
  deepEqual([0, 0.999].map((random) => Math.round(pauseMs(0, random))), [188, 312]);
});
