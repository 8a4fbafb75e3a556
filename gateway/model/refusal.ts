// Why an install or an action was refused.

/** 409 is `conflict`, 422 is `invalid`. */
export interface Refusal {
  readonly kind: "conflict" | "invalid";
  readonly detail: string;
  /** The SA member at fault. */
  readonly member?: string;
}
