// Changes of SAs, whether the API, a file or the end of the gateway asks for them. An install
// passes one list of checks, and each change is then told to one list of listeners.

import { isRefusal, type Refusal } from "../model/refusal.ts";
import type { SaSpec } from "../model/sa_spec.ts";
import type { InstallHow, Sad, SaEntry } from "./sad.ts";
import { tellAll } from "./tell_all.ts";

/** Returns a refusal if the SA must not be installed here. It must not keep the key. */
export type SaCheck = (spec: SaSpec) => Refusal | undefined;

/** Hears of changes after they are made; it cannot refuse them. */
export interface SaListener {
  /** The SA takes packets. */
  installed(entry: SaEntry): void;
  /** The SA is gone, its key wiped. */
  removed(entry: SaEntry): void;
}

/** The only way to change the SAs of a gateway. */
export interface SaChanges {
  /** Installs an SA; a refusal leaves everything as it was. The key is wiped from `spec`. */
  install(spec: SaSpec, how?: InstallHow): SaEntry | Refusal;
  /** Removes an SA and wipes its key; false if there is none with this id. */
  remove(id: number): boolean;
  /**
   * Refuses every install from now on. The gateway ends: an SA that came after the last was removed
   * would leave its key in memory, and its routes on the host.
   */
  close(): void;
}

export interface SaChangesOptions {
  readonly sad: Pick<Sad, "install" | "remove">;
  /** In the order in which they are asked; the first refusal counts. */
  readonly checks: readonly SaCheck[];
  /** In the order in which they hear. */
  readonly listeners: readonly SaListener[];
}

/**
 * Binds the SAD to the checks and listeners of its changes.
 *
 * When a listener throws, the change stands and the other listeners still hear of it; the caller
 * then gets the error.
 */
export function createSaChanges({ sad, checks, listeners }: SaChangesOptions): SaChanges {
  let isClosed = false;

  function install(spec: SaSpec, how?: InstallHow): SaEntry | Refusal {
    const entry = tryInstall(spec, how);
    if (!isRefusal(entry)) tellAll(listeners, (listener) => listener.installed(entry));
    return entry;
  }

  function tryInstall(spec: SaSpec, how?: InstallHow): SaEntry | Refusal {
    try {
      return isClosed ? ENDING : firstRefusal(checks, spec) ?? sad.install(spec, how);
    } finally {
      spec.keyMaterial.fill(0);
    }
  }

  function remove(id: number): boolean {
    const entry = sad.remove(id);
    if (entry === undefined) return false;
    tellAll(listeners, (listener) => listener.removed(entry));
    return true;
  }

  return { install, remove, close: () => void (isClosed = true) };
}

const ENDING: Refusal = { kind: "conflict", detail: "The gateway is ending" };

function firstRefusal(checks: readonly SaCheck[], spec: SaSpec): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(spec);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
