// The state of a gateway without a lock, for runtimes that have no libc.

import { openLeases } from "../../gateway/state/leases.ts";
import { openTicketKeys } from "../../gateway/state/ticket_keys.ts";
import { openState, type OwnState, type StateOptions } from "../../gateway/state/open_state.ts";

/** Opens the state of a gateway, in the runtime's private folder. */
export async function openFakeState(options: StateOptions): Promise<OwnState> {
  const state = await openState({ ...options, stateDir: options.stateDir ?? "/srv/state" });
  const leases = await openLeases({ folder: state.folder, onTrouble: options.onTrouble });
  const tickets = await openTicketKeys({ ...state, date: () => new Date() });
  return { ...state, leases, tickets, close: leases.close };
}
