// strongSwan's configuration: Debian's own, and beside it the files of docs/guide/strongswan.md.

import { writeFileSync } from "node:fs";
import { example } from "../../support/examples.ts";
import { script } from "./process.ts";

/** What a case sets beside the page's files, for reports of failures and to save time. */
export interface CaseSettings {
  readonly strongswan: string;
  readonly swanctl: string;
}

/**
 * Puts the page's connection and the examples of the given names where the page says, for this case
 * alone: /etc stays as it is outside the case's mount namespace, and the gateway's host, a guest,
 * sees it as the case does. charon takes the last of a setting that stands twice.
 */
export async function layStrongswanFiles(
  names: readonly (keyof typeof PLACES)[],
  settings: CaseSettings,
): Promise<void> {
  await layBare(names, settings);
  writeFileSync("/etc/swanctl/conf.d/culvert.conf", example("strongswan", "swanctl"));
}

/** As {@link layStrongswanFiles}, for a client: without the page's connection. */
export function layClientFiles(settings: CaseSettings): Promise<void> {
  return layBare(["libipsec"], settings);
}

async function layBare(
  names: readonly (keyof typeof PLACES)[],
  settings: CaseSettings,
): Promise<void> {
  await script(`
    cp -a /etc/strongswan.d /run/strongswan.d
    mount --bind /run/strongswan.d /etc/strongswan.d
    mkdir -p /etc/swanctl/conf.d /etc/sysctl.d
    mount -t tmpfs tmp /etc/swanctl/conf.d
    mount -t tmpfs tmp /etc/sysctl.d
  `);
  for (const name of names) writeFileSync(PLACES[name], example("strongswan", name));
  writeFileSync("/etc/strongswan.d/zz-interop.conf", `${SWANCTL}${settings.strongswan}`);
  writeFileSync("/etc/swanctl/conf.d/zz-interop.conf", settings.swanctl);
}

const PLACES = {
  "strongswan.conf": "/etc/strongswan.d/culvert.conf",
  libipsec: "/etc/strongswan.d/culvert.conf",
  sysctl: "/etc/sysctl.d/culvert.conf",
};

/** A swanctl without dozens of plugins starts faster. */
const SWANCTL = `
swanctl {
  load = random openssl
}
`;
