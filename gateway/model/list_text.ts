// Lists in sentences.

/** Numbers as "20, 28 or 36". */
export function listText(values: readonly number[]): string {
  return values.length < 2
    ? values.join()
    : `${values.slice(0, -1).join(", ")} or ${values[values.length - 1]}`;
}
