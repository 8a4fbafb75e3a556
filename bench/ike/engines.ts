// Engines of the clients: those of the product, with its AEADs and its module for certificates.

import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createAeads } from "../../gateway/ike/aead/core_aead.ts";
import { pemObjects } from "../../gateway/ike/certificates/pem.ts";
import { createEngine, type IkeEngine } from "../../gateway/ike/engine/engine.ts";
import type { Target } from "../../gateway/ike/engine/ike_sa.ts";
import type { IkeSettings, IkeTools, ResumptionTicket } from "../../gateway/ike/engine/settings.ts";
import { aeadOf, espDefaults, IKE_DEFAULTS } from "../../gateway/ike/suites/suite.ts";
import { KE } from "../../gateway/ike/wire/constants.ts";
import { createCertificateTools } from "../../gateway/ike_worker/certificates.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { identity } from "../../tests/support/ike/pair.ts";
import { prefix } from "../../tests/support/parsed.ts";
import { loadCore } from "../../ts-bindings/core.ts";
import {
  CERTIFICATE_NAME,
  CLIENT_DOMAIN,
  type ClientCertificates,
  type ClientFiles,
  GATEWAY_NAME,
  type GeneratorPlan,
} from "./orders.ts";

/** Makes clients. */
export interface ClientMaker {
  /** The engine of client number `i`. Clients of one identity share one. */
  engineOf(i: number): IkeEngine;
  target(ticket?: ResumptionTicket): Target;
}

/** Reads what the plan names. */
export async function openClientMaker(plan: GeneratorPlan): Promise<ClientMaker> {
  const tools = await openTools();
  const certificates = plan.files === null ? null : readCertificates(plan.files);
  const { ike, secret } = { ike: policyOf(plan), secret: new TextEncoder().encode(plan.secret) };
  const settingsOf = (name: string): IkeSettings => ({
    localId: identity(name),
    peers: [],
    ike,
    esp: espDefaults("wasm"),
    pools: { v4: null, v6: null },
    lifetimes: { ike: DAY_MS, child: DAY_MS },
    dns: [],
    domains: [],
    halfOpenMax: 0,
    ...(certificates === null ? {} : { certificates }),
  });
  const shared = certificates && createEngine(settingsOf(CERTIFICATE_NAME), tools);
  const auth = { own: "cert", peer: "cert" } as const;
  const peer = {
    name: "gateway",
    remoteId: GATEWAY_NAME,
    psk: certificates === null ? secret : null,
    ...(certificates === null ? {} : { auth }),
    wantsTickets: plan.hasTickets,
    isShared: false,
    local: [],
    remote: [prefix("0.0.0.0/0")],
    pools: null,
  };
  return {
    engineOf: (i) => shared ?? createEngine(settingsOf(`c${i}@${CLIENT_DOMAIN}`), tools),
    target: (ticket) => ({
      ...{ peer, addresses: ["v4"] },
      ...(ticket === undefined ? {} : { ticket }),
    }),
  };
}

function policyOf({ method }: GeneratorPlan): IkeSettings["ike"] {
  const ke1s = method === "ML-KEM" ? [KE.ML_KEM_768] : [];
  return { ...IKE_DEFAULTS, kes: [KE.X25519], ke1s };
}

async function openTools(): Promise<IkeTools> {
  const { module } = await loadCore(runtime.readCore);
  const makeAead = createAeads(module);
  let spi = randomInt(0x1000, 0x4000_0000);
  return {
    random: (len) => new Uint8Array(randomBytes(len)),
    espSpi: () => spi++,
    aead: (cipher, material) => makeAead({ aead: aeadOf(cipher), material }),
    certificates: createCertificateTools(await runtime.readPki()),
  };
}

function readCertificates({ cert, key, ca }: ClientFiles): ClientCertificates {
  return {
    own: { chain: [readDer(cert)], key: readDer(key), rsa: "pss" },
    anchors: [readDer(ca)],
    crls: [],
    needsCrl: false,
    usage: "any",
  };
}

function readDer(path: string): Uint8Array {
  const [first] = pemObjects(readFileSync(path, "utf8"));
  if (first === undefined) throw new Error(`Cannot read ${path}: no PEM`);
  return first.der;
}

const DAY_MS = 86_400_000;
