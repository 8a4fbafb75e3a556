// The start of a gateway without lanes, for tests of what `serve` does around it.

import type { EngineChoice } from "../../gateway/engine/choose.ts";
import type { IkePlan } from "../../gateway/ike/engine/plan.ts";
import type { RunningGateway, StartOptions } from "../../gateway/shell/start.ts";
import type { TunnelNews } from "../../gateway/shell/tunnel.ts";
import { createFakeGateway } from "./gateway.ts";

export interface FakeStart {
  readonly startGateway: (options: StartOptions) => Promise<RunningGateway>;
  /** The options of each start, in order. */
  readonly started: StartOptions[];
  /** The plans of IKE that took the first one's place. */
  readonly reloaded: IkePlan[];
  /** Resolves at the first start. */
  readonly asked: Promise<void>;
  /** Lets a start that waits go on. */
  release(): void;
  /** Ends the gateway as a failing lane would. */
  finish(code: number): void;
}

export interface FakeStartOptions {
  readonly isHeld?: boolean;
  /** What the engine's choice has beside its name. */
  readonly engine?: Partial<EngineChoice>;
  /** What a client's tunnel tells first. */
  readonly news?: TunnelNews;
}

/** Makes a start; `isHeld` starts wait for `release`. */
export function createFakeStart(
  { isHeld = false, engine = {}, news }: FakeStartOptions = {},
): FakeStart {
  const started: StartOptions[] = [];
  const reloaded: IkePlan[] = [];
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<number>();
  if (!isHeld) released.resolve();

  function subscribe(listener: (news: TunnelNews) => void): () => void {
    if (news !== undefined) listener(news);
    return () => undefined;
  }

  async function startGateway(options: StartOptions): Promise<RunningGateway> {
    started.push(options);
    asked.resolve();
    await released.promise;
    const gateway = createFakeGateway();
    return {
      gateway,
      listening: { tcp: options.config.listen.map(({ address }) => address.text) },
      engine: { name: "wasm-fake", path: null, reason: "there is no other", ...engine },
      tunnel: options.config.client === null ? null : { subscribe },
      pinger: {
        roundTrips: () => Promise.reject(new Error("There is no tunnel")),
        throughput: () => Promise.reject(new Error("There is no tunnel")),
      },
      finished: finished.promise,
      reloadIke: (plan) => void reloaded.push(structuredClone(plan)),
      stop(): void {
        gateway.drain();
        finished.resolve(0);
      },
    };
  }

  return {
    startGateway,
    started,
    reloaded,
    asked: asked.promise,
    release: released.resolve,
    finish: finished.resolve,
  };
}
