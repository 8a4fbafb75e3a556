// A gateway whose core traps while one of its threads holds the lock of the SAD; the argument,
// "lane" or "shell", chooses the thread. `trap_test.ts` starts it.

import { connect } from "node:net";
import { LANE_SA_SPEC, SA_PEER } from "../../../ts-bindings/layout.ts";
import { loadConfig } from "../../../gateway/config/load.ts";
import { STREAM_PREFIX } from "../../../gateway/lane/stream_prefix.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import { laneInits, openDescriptors } from "../../../gateway/shell/descriptors.ts";
import { startLanes } from "../../../gateway/shell/lanes.ts";
import { type Machine, openMachine } from "../../../gateway/shell/machine.ts";
import { writeSpec } from "../../../gateway/shell/sa_spec.ts";
import { sealPing } from "../echo.ts";
import { frame } from "../frames.ts";
import { addressOctets } from "../inner_packet.ts";
import { makePeer } from "../peers.ts";
import { saSpec } from "../test_sad.ts";

const peer = makePeer();

const { config } = await loadConfig({
  flags: { listen: ["127.0.0.1:0"], engine: "wasm" },
  environment: {},
  readTextFile: () => Promise.reject(new Error("There is no file")),
  cores: 1,
});
const machine = await openMachine({ runtime, config, isIkeInside: false });
const descriptors = openDescriptors(machine.kernel, config);
await startLanes({
  runtime,
  kernel: machine.kernel,
  inits: laneInits(descriptors, { machine, config, openFilesMax: Infinity, ikeLinks: undefined }),
  i32: machine.views.i32,
  blocks: machine.blocks,
  onNews: () => undefined,
  stopTimeoutMs: 1000,
  onTrouble: () => undefined,
  onRefusedCall: () => undefined,
  onUpstream: () => undefined,
  onPongs: () => undefined,
  onRefused: () => undefined,
  onFailure: (_, reason) => runtime.stderr(`failed: ${reason}\n`),
});
install(machine);
if (runtime.args[0] === "shell") trapHere(machine);
else await trapLane(Number(descriptors.listening[0]?.split(":")[1]));
await runtime.stdout("goes on\n");
// Like a shell that sleeps on the lock, this thread hears nothing more.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

/** Installs the peer's SA and spoils it: the SA's peer does not exist. */
function install({ core, views, index }: Machine): void {
  const at = core.lane_block(index) + LANE_SA_SPEC;
  const spec = saSpec({
    ...peer.inbound,
    direction: "inbound",
    peer: peer.name,
    local: [{ octets: addressOctets(peer.ends.destination), bits: 32, text: "" }],
    remote: [{ octets: addressOctets(peer.ends.source), bits: 32, text: "" }],
  });
  writeSpec(views, spec, { at, peer: 1, ivOffset: 0n, now: machine.clock() });
  const row = core.sa_row(core.sa_install(index));
  views.u32[(row + SA_PEER) >>> 2] = 0xffff_ffff;
}

/** Does what an error of the API does, which is answered with 500. */
function trapHere({ core, index }: Machine): void {
  try {
    core.sa_remove(index, core.sa_find(peer.inbound.spi));
  } catch {
    return;
  }
}

/** Sends an authentic packet that moves the path of a peer that does not exist. */
async function trapLane(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => {
    socket.write(STREAM_PREFIX);
    socket.write(frame(sealPing(peer)), () => resolve());
  });
}
