// strongSwan's own judgement of a configuration: a charon in namespaces of its own loads it.

import { equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { tempFolder } from "./temp.ts";

/** Why nothing can be loaded here; false if it can. */
export const SWANCTL_MISSING = isThere() ? false : "needs root, charon-systemd and swanctl";

/** What `swanctl` says of the connections and of the secrets of a file. */
export interface SwanctlOutput {
  readonly conns: string;
  readonly creds: string;
}

/** Loads a configuration. It fails if charon takes anything in it for a mistake. */
export function loadSwanctl(text: string): SwanctlOutput {
  const folder = tempFolder();
  mkdirSync(join(folder, "swanctl"));
  const socket = `unix://${folder}/vici`;
  writeFileSync(join(folder, "swanctl.conf"), text, { mode: 0o600 });
  writeFileSync(join(folder, "strongswan.conf"), daemonConf(socket));
  const { status, stderr, stdout } = spawnSync(
    "unshare",
    ["--net", "--mount", "bash", "-c", SCRIPT, folder, socket],
    {
      encoding: "utf8",
      timeout: 60_000,
      env: {
        ...process.env,
        STRONGSWAN_CONF: join(folder, "strongswan.conf"),
        SWANCTL_DIR: join(folder, "swanctl"),
      },
    },
  );
  equal(status, 0, `${stdout}${stderr}`);
  const [conns = "", creds = ""] = stdout.split(MIDDLE);
  return { conns, creds };
}

const MIDDLE = "=== secrets ===\n";

/** In a namespace of its own no charon of the host is disturbed, and its files are not touched. */
const SCRIPT = `
set -e
mount -t tmpfs none /run
charon-systemd >"$0/log" 2>&1 &
trap 'kill %1; wait' EXIT
for _ in $(seq 300); do [ -S "$0/vici" ] && break; sleep 0.1; done
swanctl --load-conns --uri "$1" --file "$0/swanctl.conf" 2>"$0/errors" || { cat "$0/errors"; exit 1; }
printf '%s' '${MIDDLE}'
swanctl --load-creds --clear --noprompt --uri "$1" --file "$0/swanctl.conf" 2>"$0/errors" ||
  { cat "$0/errors"; exit 1; }
`;

function daemonConf(socket: string): string {
  return `
charon-systemd {
  load_modular = yes
  plugins {
    include /etc/strongswan.d/charon/*.conf
    vici {
      socket = ${socket}
    }
  }
}
`;
}

function isThere(): boolean {
  const programs = ["charon-systemd", "swanctl"].map((name) => `command -v ${name}`);
  const script = [...programs, "unshare --net --mount true"].join(" && ");
  return spawnSync("bash", ["-c", script]).status === 0;
}
