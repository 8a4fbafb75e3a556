// Events of changes of SAs.

import type { GatewayEvent } from "../model/event.ts";
import { spiText } from "../model/spi.ts";
import type { EventHub } from "./events.ts";
import type { SaListener } from "./sa_changes.ts";
import type { SaEntry } from "./sad.ts";

/** Tells of each change as `sa_installed` or `sa_removed`. */
export function tellSas({ tell }: Pick<EventHub, "tell">): SaListener {
  return {
    installed: (entry) => tell("sa_installed", fieldsOf(entry)),
    removed: (entry) => tell("sa_removed", fieldsOf(entry)),
  };
}

function fieldsOf({ id, spec: { spi, direction, peer } }: SaEntry): GatewayEvent["fields"] {
  return { sa: id, spi: spiText(spi), direction, peer };
}
