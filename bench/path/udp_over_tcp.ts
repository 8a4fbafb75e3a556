// The relay's rival: Mullvad's tcp2udp, if it is installed. Its framing differs from ours in two
// things: its Length field does not count itself, and there is no stream prefix. So the same
// payloads pass through both.

import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { until } from "../../tests/interop/lib/process.ts";
import { TCP2UDP } from "../lib/versions.ts";
import type { Arena } from "./arena.ts";
import { frameAt, LENGTH_LEN, type Recording } from "./recording.ts";
import type { RivalRelay } from "./relay_program.ts";
import { connectTcp, type Endpoint, listenTcp } from "./sockets.ts";

/** The program's path; undefined if it is not installed. */
export function tcp2udpProgram(): string | undefined {
  const named = process.env[TCP2UDP];
  if (named !== undefined) return named;
  const found = spawnSync("sh", ["-c", "command -v tcp2udp"], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Starts it between a free TCP port and the daemon. Resolves when it listens. */
export async function startUdpOverTcp(
  arena: Arena,
  { program, daemon }: { readonly program: string; readonly daemon: Endpoint },
): Promise<RivalRelay> {
  const { fd, port } = listenTcp(arena);
  arena.libc.close(fd);
  const tcp = { host: "127.0.0.1", port };
  const listen = ["--tcp-listen", `${tcp.host}:${port}`, "--nodelay"];
  const child = spawn(
    program,
    [...listen, "--udp-forward", `${daemon.host}:${daemon.port}`],
    { stdio: "ignore" },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${program}`);
  await until("tcp2udp listens", 5000, () => Promise.resolve(tryConnect(arena, tcp)));
  return { subject: "udp-over-tcp", pid, tcp, reframe, stop: () => void child.kill("SIGTERM") };
}

function tryConnect(arena: Arena, tcp: Endpoint): true | undefined {
  try {
    arena.libc.close(connectTcp(arena, tcp));
    return true;
  } catch {
    return undefined;
  }
}

/** Runs `run` with the recording in the rival's framing, and converts it back. */
function reframe<T>({ view }: Arena, recording: Recording, run: (own: Recording) => T): T {
  const lengthen = (octets: number): void => {
    for (const stream of recording.streams) {
      for (let i = 0; i < stream.packets; i++) {
        const at = frameAt(recording, stream, i);
        view.setUint16(at, view.getUint16(at) + octets);
      }
    }
  };
  lengthen(-LENGTH_LEN);
  try {
    const { streams, prefixLen } = recording;
    const own = streams.map((stream) => ({ ...stream, at: stream.at + prefixLen }));
    return run({ ...recording, streams: own, prefixLen: 0 });
  } finally {
    lengthen(LENGTH_LEN);
  }
}
