// A pair of SAs as both ends need them: `POST /v1/sas` bodies for the gateway, `ip xfrm` commands
// for a guest's kernel.

import { randomBytes } from "node:crypto";
import type { SaSpec } from "./gateway.ts";
import { GATEWAY, GUEST, INNER_GUEST, INNER_NET, TCP_PORT } from "./network.ts";

export interface Suite {
  readonly aead: SaSpec["aead"];
  /** Octets of key and salt. */
  readonly keyLen: number;
  readonly esn: boolean;
  /** The last sequence number "already used" in both directions. */
  readonly initialSequence: number;
}

export interface SaPair {
  /** For the gateway: inbound, then outbound. */
  readonly specs: readonly [SaSpec, SaSpec];
  /** Shell commands that put the SAs and policies into the guest's kernel. */
  install(localPort: number): string;
  /** Shell commands that tie the SAs to another local port; everything else of them stays. */
  move(localPort: number): string;
}

const ALGORITHM: Readonly<Record<SaSpec["aead"], string>> = {
  "aes-gcm-16": "rfc4106(gcm(aes))",
  "chacha20-poly1305": "rfc7539esp(chacha20,poly1305)",
};

const WINDOW = 1024;
const TO_GATEWAY = "0xc0ffee01";
const TO_GUEST = "0xc0ffee02";

/** Makes a pair with random keys. */
export function makeSaPair(suite: Suite): SaPair {
  const keys = {
    toGateway: randomBytes(suite.keyLen).toString("hex"),
    toGuest: randomBytes(suite.keyLen).toString("hex"),
  };
  const common = {
    peer: "guest",
    aead: suite.aead,
    local: [INNER_NET],
    remote: [`${INNER_GUEST}/32`],
    esn: suite.esn,
    initialSequence: suite.initialSequence,
    replayWindow: WINDOW,
  } as const;

  const out = `src ${GUEST} dst ${GATEWAY} proto esp spi ${TO_GATEWAY}`;
  const back = `src ${GATEWAY} dst ${GUEST} proto esp spi ${TO_GUEST}`;
  const aead = (key: string): string => `aead '${ALGORITHM[suite.aead]}' 0x${key} 128`;
  const flags = `replay-window ${WINDOW} ${suite.esn ? "flag esn" : ""}`;
  const number = (which: "seq" | "oseq"): string => {
    if (suite.initialSequence === 0) return "";
    return `replay-${which} ${suite.initialSequence}`;
  };

  /** `verb` is add or update; an update keeps the kernel's numbers and window. */
  function states(verb: "add" | "update", port: number): string {
    return `
      ip xfrm state ${verb} ${out} mode tunnel reqid 1 ${flags} ${number("oseq")} \
        ${aead(keys.toGateway)} encap espintcp ${port} ${TCP_PORT} 0.0.0.0
      ip xfrm state ${verb} ${back} mode tunnel reqid 1 ${flags} ${number("seq")} \
        ${aead(keys.toGuest)} encap espintcp ${TCP_PORT} ${port} 0.0.0.0`;
  }

  return {
    specs: [
      { spi: TO_GATEWAY, direction: "inbound", keyMaterial: keys.toGateway, ...common },
      { spi: TO_GUEST, direction: "outbound", keyMaterial: keys.toGuest, ...common },
    ],
    install: (port) =>
      `${states("add", port)}
      ip xfrm policy add dir out src ${INNER_GUEST}/32 dst ${INNER_NET} \
        tmpl src ${GUEST} dst ${GATEWAY} proto esp reqid 1 mode tunnel
      ip xfrm policy add dir in src ${INNER_NET} dst ${INNER_GUEST}/32 \
        tmpl src ${GATEWAY} dst ${GUEST} proto esp reqid 1 mode tunnel
      ip addr add ${INNER_GUEST}/32 dev lo
      ip route add ${INNER_NET} dev vec0 src ${INNER_GUEST}`,
    move: (port) => states("update", port),
  };
}
