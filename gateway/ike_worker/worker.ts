// Entry of the IKE worker's thread. It takes the shell's first message, makes the engine, and runs
// until it is told to stop. Its keys are in this thread's heap and in a private memory: no lane and
// no other thread can reach them.

import { openRing } from "../edges/byte_ring.ts";
import { openLink } from "../edges/ike_link.ts";
import { createAeads } from "../ike/aead/core_aead.ts";
import { createEngine } from "../ike/engine/engine.ts";
import { settingsOf, wipePlan } from "../ike/engine/plan.ts";
import type { IkeTools } from "../ike/engine/settings.ts";
import { createLeaseBook } from "../ike/leases/book.ts";
import { aeadOf } from "../ike/suites/suite.ts";
import { createClock } from "../linux/clock.ts";
import { endProcess } from "../linux/end_process.ts";
import { createScratch } from "../linux/kernel.ts";
import { runtime } from "../runtime/mod.ts";
import type { Libc } from "../runtime/types.ts";
import { createCertificateTools } from "./certificates.ts";
import type { IkeInit, IkeNotice } from "./init.ts";
import { type IkeWorkerOptions, runIkeWorker } from "./loop.ts";
import { openOrderReader } from "./orders.ts";
import { createSpis } from "./spis.ts";
import { openWaiting } from "./waiting.ts";

/** The worker's global scope, as far as it is needed. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<IkeInit>) => void) | null;
  postMessage(notice: IkeNotice, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

function start(event: MessageEvent<IkeInit>): void {
  const init = event.data;
  const started = tryOpen(init);
  if (started === undefined) return;
  const { options, libc } = started;
  try {
    tell({ kind: "ready" });
    runIkeWorker(options);
    wipePlan(options.plan);
    tell({ kind: "stopped" });
  } catch (error) {
    // Half of what the engine wanted may be done: nothing that it has agreed on can be relied on.
    endProcess(runtime, libc, { format: init.logFormat, lane: null, failure: "ike_failed", error });
  }
}

/** Makes everything. If that fails, it tells the shell why and returns undefined. */
function tryOpen(
  init: IkeInit,
): { readonly options: IkeWorkerOptions; readonly libc: Libc } | undefined {
  try {
    const libc = runtime.openLibc();
    return { options: open(init, libc), libc };
  } catch (error) {
    tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

function open(init: IkeInit, libc: Libc): IkeWorkerOptions {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  const waiting = openWaiting(
    { libc, scratch: createScratch({ memory, mapped, offset: 0 }) },
    init.eventfd,
  );
  const { plan, leases } = init;
  const book = createLeaseBook({
    reserved: plan.reserved,
    known: leases,
    onLease: (lease) => tell({ kind: "lease", lease }),
  });
  const settings = settingsOf(plan, book);
  const random = (len: number): Uint8Array<ArrayBuffer> => {
    const octets = new Uint8Array(len);
    runtime.random(octets);
    return octets;
  };
  const spis = createSpis(random);
  const makeAead = createAeads(init.module);
  const tools: IkeTools = {
    random,
    aead: (cipher, material) => makeAead({ aead: aeadOf(cipher), material }),
    espSpi: spis.draw,
    certificates: createCertificateTools(init.pki),
  };
  return {
    engine: createEngine(settings, tools),
    plan,
    settings,
    book,
    links: init.links.map(openLink),
    nextOrder: openOrderReader(openRing(init.orders)),
    clock: createClock({ libc, memory, mapped, offset: CLOCK_AT }),
    spis,
    post: tell,
    sleep: waiting.sleep,
    wakeLane: (lane) => waiting.wake(init.laneEventfds[lane] ?? -1),
  };
}

/** Posts a notice. Keys move to the shell, and none is left here. */
function tell(notice: IkeNotice): void {
  if (notice.kind !== "batch") {
    scope.postMessage(notice);
    return;
  }
  const transfer: ArrayBuffer[] = [];
  const actions = notice.actions.map((action) => {
    if (action.kind !== "install") return action;
    const keyMaterial = action.keyMaterial.slice();
    action.keyMaterial.fill(0);
    transfer.push(keyMaterial.buffer);
    return { ...action, keyMaterial };
  });
  scope.postMessage({ ...notice, actions }, transfer);
}

/** Where in the memory the clock works: far from the scratch of the calls. */
const CLOCK_AT = 4096;

scope.onmessage = start;
