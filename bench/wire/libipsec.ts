// strongSwan's charon at both ends, with ESP in user space (kernel-libipsec): ESP in UDP,
// AES-128-GCM by OpenSSL.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { must, type Running, until } from "../../tests/interop/lib/process.ts";
import { type Link, OUTER, type Side, SIDES } from "./link.ts";
import { expectReachable, type Tunnel } from "./tunnel.ts";

/** Starts both daemons and negotiates an SA. Resolves when packets get through. */
export async function openLibipsec(link: Link, folder: string): Promise<Tunnel> {
  const psk = randomBytes(16).toString("hex");
  const far = await startCharon(link, { side: "far", folder, psk });
  const near = await startCharon(link, { side: "near", folder, psk });
  await near.swanctl("--initiate", "--child", "net", "--timeout", "10");
  await expectReachable(link, INNER.far);

  const pids = { near: near.daemon.pid, far: far.daemon.pid };
  return { subject: "libipsec", target: INNER.far, pids };
}

interface Charon {
  readonly daemon: Running;
  swanctl(...args: readonly string[]): Promise<string>;
}

interface CharonOptions {
  readonly side: Side;
  readonly folder: string;
  readonly psk: string;
}

async function startCharon(link: Link, { side, folder, psk }: CharonOptions): Promise<Charon> {
  const base = `${folder}/charon-${side}`;
  const uri = `unix://${base}.vici`;
  writeFileSync(`${base}.conf`, settings(uri));
  writeFileSync(`${base}.swanctl`, connections(side, psk), { mode: 0o600 });
  await must(link.on(side, ["ip", "addr", "add", `${INNER[side]}/32`, "dev", "lo"]));
  const env = { STRONGSWAN_CONF: `${base}.conf` };
  const daemon = link.start(side, ["charon-systemd"], env);

  function swanctl(...args: readonly string[]): Promise<string> {
    return must(link.on(side, ["swanctl", ...args, "--uri", uri]), { env });
  }

  // The socket exists a little before the daemon answers on it.
  await until(`charon ${side} answers`, 10_000, () =>
    swanctl("--stats").catch((error: unknown) => {
      if (daemon.exited()) throw error;
      return undefined;
    }));
  await swanctl("--load-all", "--file", `${base}.swanctl`);
  return { daemon, swanctl };
}

function settings(uri: string): string {
  return `
charon-systemd {
  # Another daemon may be measured beside it, on the ports of IKE.
  port = 0
  port_nat_t = ${PORT}
  # OpenSSL first: the first to offer an algorithm is taken, and this is the fastest.
  load = openssl random nonce kdf kernel-libipsec kernel-netlink socket-default vici
  plugins {
    vici {
      socket = ${uri}
    }
  }
}
swanctl {
  load = random openssl
}
`;
}

function connections(side: Side, psk: string): string {
  const [other = "far"] = SIDES.filter((name) => name !== side);
  return `
connections {
  bench {
    version = 2
    local_addrs = ${OUTER[side]}
    remote_addrs = ${OUTER[other]}
    local_port = ${PORT}
    remote_port = ${PORT}
    proposals = aes256gcm16-prfsha256-ecp256
    encap = yes
    local {
      auth = psk
      id = ${side}
    }
    remote {
      auth = psk
      id = ${other}
    }
    children {
      net {
        local_ts = ${INNER[side]}/32
        remote_ts = ${INNER[other]}/32
        esp_proposals = aes128gcm16-ecp256-noesn
      }
    }
  }
}
secrets {
  ike-bench {
    id-1 = ${side}
    id-2 = ${other}
    secret = ${psk}
  }
}
`;
}

/** For IKE and for ESP in UDP (RFC 3948). */
const PORT = 4510;
const INNER: Readonly<Record<Side, string>> = { near: "10.94.0.1", far: "10.94.0.2" };
