// strongSwan's charon, unmodified, with ESP in user space (kernel-libipsec): the IKE daemon behind
// the gateway. It knows UDP only.

import { inNamespace, INNER_HOST } from "./network.ts";
import type { Namespace } from "./network.ts";
import { must, script, start } from "./process.ts";
import type { Running } from "./process.ts";
import { layStrongswanFiles } from "./strongswan_files.ts";

export interface CharonOptions {
  /** The namespace that it runs in, and in which the inner host's address is. */
  readonly where: Namespace;
  /** How often charon asks an idle peer whether it lives. */
  readonly dpdSeconds: number;
}

/** What `swanctl` asks of a charon. */
export interface Swanctl {
  /** The output of `swanctl --list-sas`. */
  sas(): Promise<string>;
  rekeyChild(): Promise<void>;
  rekeyIke(): Promise<void>;
  /** Deletes the IKE SA with the guest. */
  terminate(): Promise<void>;
}

export interface Charon extends Swanctl {
  readonly daemon: Running;
}

/**
 * Starts charon with the page's connection. It waits for guests on UDP 4500 and knows of no gateway
 * in between.
 */
export async function startCharon(options: CharonOptions): Promise<Charon> {
  await layStrongswanFiles(["libipsec"], {
    strongswan: BESIDE,
    swanctl: `connections { guest { dpd_delay = ${options.dpdSeconds}s } }\n`,
  });
  await script(`ip -n ${options.where} addr add ${INNER_HOST}/24 dev lo`);
  const daemon = start("charon", inNamespace(options.where, ["charon-systemd"]));
  await daemon.match(/spawning \d+ worker threads/, 10_000);

  async function swanctl(...args: string[]): Promise<string> {
    return await must(inNamespace(options.where, ["swanctl", ...args]), {
      timeoutMs: 15_000,
    });
  }

  await swanctl("--load-all", "--noprompt");
  return {
    daemon,
    sas: () => swanctl("--list-sas"),
    rekeyChild: async () => void await swanctl("--rekey", "--child", "net"),
    rekeyIke: async () => void await swanctl("--rekey", "--ike", "guest"),
    terminate: async () => void await swanctl("--terminate", "--ike", "guest"),
  };
}

/** A log for the report of a failure, and a dead peer that is found soon. */
export const BESIDE = `
charon {
  filelog {
    stderr {
      default = 1
      ike = 2
      time_format = %T
      flush_line = yes
    }
  }
  # Finds a dead peer in seconds, not minutes: 4 s after the first message without an answer.
  retransmit_timeout = 1.0
  retransmit_base = 1.0
  retransmit_tries = 3
}
`;
