// Refusals of installs and other actions.

/** The reason of a refusal. The API answers 409 for `conflict` and 422 for `invalid`. */
export interface Refusal {
  readonly kind: "conflict" | "invalid";
  readonly detail: string;
  /** The SA member at fault. */
  readonly member?: string;
}

/** Whether the result of an action is its refusal. */
export function isRefusal(result: object | undefined): result is Refusal {
  return result !== undefined && "kind" in result && "detail" in result;
}
