/** How workflow code fails a replay, where it does not end its run. */
export interface CodeFailure {
  readonly message: string;
  /** The innermost function that has a name. */
  readonly thrownIn?: string;
}

/** A named function's frame: `    at Order.price (file.js:3:5)`. */
const FRAME = /^[ \t]*at (?:async |new )?([\p{L}_$][\w$.]*)(?: \[as [^\]\n]+\])? \(/mu;

/** @param stack of the error; its frames may have any places, as only names are taken */
export function codeFailure(message: string, stack: string | null | undefined): CodeFailure {
  // A bundler numbers functions of the same name.
  const name = FRAME.exec(stack ?? '')?.[1]?.replace(/\$?\d+$/, '');
  return { message, ...(name && { thrownIn: name }) };
}
