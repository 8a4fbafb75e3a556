// strongSwan as the client: Debian's charon in namespace `ike`, with ESP in user space. It knows
// UDP only, and a relay beside the gateway puts that into TCP.

import process from "node:process";
import { BESIDE } from "./charon.ts";
import type { Swanctl } from "./charon.ts";
import { GATEWAY, GATEWAY_TO_IKE, IKE, inNamespace, TCP_PORT } from "./network.ts";
import { INNER_GUEST, INNER_HOST, INNER_NET } from "./network.ts";
import { must, script, start } from "./process.ts";
import type { Running } from "./process.ts";
import { layClientFiles } from "./strongswan_files.ts";

export interface StrongswanClient extends Swanctl {
  up(): Promise<void>;
  /** Pings the inner host; returns ping's summary. `count` pings, 50 ms apart. */
  ping(count: number): Promise<string>;
  /** How often it has asked an idle peer whether it lives. */
  questions(): number;
  readonly relay: Relay;
}

export interface Relay {
  /** Resets the TCP connection. */
  cut(): void;
  /** How many connections it has opened. */
  dialled(): number;
  /** Ends it: from then on nothing reaches the client, and nothing leaves it. */
  stop(): Promise<void>;
}

/** Starts the relay and charon with one connection, which is not up yet. */
export async function startStrongswanClient(dpdSeconds: number): Promise<StrongswanClient> {
  const relay = await startRelay();
  await layClientFiles({ strongswan: BESIDE, swanctl: connection(dpdSeconds) });
  await script(`ip -n ike addr add ${INNER_GUEST}/32 dev lo`);
  const daemon = start("charon", inNamespace("ike", ["charon-systemd"]));
  await daemon.match(/spawning \d+ worker threads/, 10_000);
  const swanctl = (...args: string[]): Promise<string> =>
    must(inNamespace("ike", ["swanctl", ...args]), { timeoutMs: 15_000 });
  await swanctl("--load-all", "--noprompt");
  return {
    relay,
    questions: () => daemon.output().match(/sending DPD request/g)?.length ?? 0,
    up: async () => void await swanctl("--initiate", "--child", "net"),
    sas: () => swanctl("--list-sas"),
    rekeyChild: async () => void await swanctl("--rekey", "--child", "net"),
    rekeyIke: async () => void await swanctl("--rekey", "--ike", "guest"),
    terminate: async () => void await swanctl("--terminate", "--ike", "guest"),
    ping: (count) =>
      must(
        inNamespace("ike", [
          ...["ping", "-n", "-q", "-i", "0.05", "-c", String(count), "-w", String(count / 20 + 4)],
          ...["-I", INNER_GUEST, INNER_HOST],
        ]),
        { timeoutMs: count * 50 + 20_000 },
      ),
  };
}

async function startRelay(): Promise<Relay> {
  const runtime = "deno" in process.versions ? ["run", "-A", "--no-prompt"] : [];
  const words = ["tests/support/programs/udp_relay_program.ts", GATEWAY_TO_IKE];
  const running: Running = start(
    "relay",
    inNamespace("gw", [process.execPath, ...runtime, ...words, `${GATEWAY}:${TCP_PORT}`]),
  );
  await running.match(/^relaying$/m, 30_000);
  return {
    cut: () => running.write("cut\n"),
    dialled: () => running.output().match(/^dialled$/gm)?.length ?? 0,
    stop: async () => void await running.stop("SIGTERM", 5000),
  };
}

/** The names, secret and networks that `docs/guide/libreswan.md` has. */
function connection(dpdSeconds: number): string {
  return `
connections {
  guest {
    version = 2
    local_addrs = ${IKE}
    remote_addrs = ${GATEWAY_TO_IKE}
    proposals = aes256gcm16-prfsha256-x25519
    dpd_delay = ${dpdSeconds}s
    local {
      auth = psk
      id = guest
    }
    remote {
      auth = psk
      id = daemon
    }
    children {
      net {
        local_ts = ${INNER_GUEST}/32
        remote_ts = ${INNER_NET}
        esp_proposals = aes128gcm16-x25519-noesn
      }
    }
  }
}
secrets {
  ike-guest {
    id-1 = daemon
    id-2 = guest
    secret = "put a long random secret here"
  }
}
`;
}
