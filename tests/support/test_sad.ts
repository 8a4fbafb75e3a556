// A real SAD on a core of its own, without lanes, for tests of installing and removing SAs.

import { isRefusal, type Refusal } from "../../gateway/model/refusal.ts";
import type { SaSpec } from "../../gateway/model/sa_spec.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { createKeyUse, type KeyUse } from "../../gateway/shell/key_use.ts";
import { type MemoryViews, viewMemory } from "../../gateway/shell/memory_views.ts";
import { createSad, type Sad, type SaEntry } from "../../gateway/shell/sad.ts";
import { createSpd } from "../../gateway/shell/spd.ts";
import { type Core, instantiateCore, loadCore, planMemory } from "../../ts-bindings/core.ts";
import { IKE_DROP, UNKNOWN_SPI_DROP } from "../../ts-bindings/layout.ts";

const LIMITS = { lanes: 1, connections: 4, sas: 8, rings: 4, innerMtu: 1400 };

export interface TestSad {
  readonly sad: Sad;
  readonly core: Core;
  readonly views: MemoryViews;
}

/** An empty SAD with the real core. */
export async function openTestSad(keys?: KeyUse): Promise<TestSad> {
  const { module } = await loadCore(runtime.readCore);
  const memory = planMemory(module, LIMITS);
  const core = instantiateCore({ module, memory });
  core.core_init(1, 4, 8, 4, 1400, 0, 0, 0, 10, IKE_DROP, UNKNOWN_SPI_DROP);
  const views = viewMemory(memory);
  const sad = createSad({
    core,
    native: null,
    views,
    index: 1,
    spd: createSpd(),
    keys: keys ?? createKeyUse(new Uint8Array(32)),
    clock: () => 1,
    date: () => new Date(),
    connectionId: () => null,
  });
  return { sad, core, views };
}

/** An outbound SA of peer "p" with its own copy of a key; `more` replaces members. */
export function saSpec(more: Partial<SaSpec>): SaSpec {
  return {
    spi: 0x100,
    direction: "outbound",
    peer: "p",
    aead: "aes-gcm-16",
    keyMaterial: new Uint8Array(20).fill(9),
    local: [{ octets: new Uint8Array([10, 0, 0, 0]), bits: 24, text: "10.0.0.0/24" }],
    remote: [{ octets: new Uint8Array([10, 1, 0, 0]), bits: 24, text: "10.1.0.0/24" }],
    esn: false,
    replayWindow: 64,
    softPackets: 0n,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: 0n,
    hardOctets: 0n,
    hardSeconds: 0,
    initialSequence: 0n,
    ...more,
  };
}

/** The id of an SA that was installed. */
export function idOf(installed: SaEntry | Refusal): number {
  if (isRefusal(installed)) throw new Error(installed.detail);
  return installed.id;
}

/** The refusal of an SA that was not. */
export function refusalIn(installed: SaEntry | Refusal): Refusal {
  if (!isRefusal(installed)) throw new Error(`SA ${installed.id} was installed`);
  return installed;
}
