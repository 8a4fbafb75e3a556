// Results of the core that are a value, 1 and up, or minus the number of a status.

/** Whether the core refused. */
export function isRefused(outcome: number): boolean {
  return outcome < 0;
}

/** Number of the status for which the core refused; 0 if it did not. */
export function refusalStatus(outcome: number): number {
  return outcome < 0 ? -outcome : 0;
}
