/** How workflow code fails a replay, where it does not end its run. */
export interface CodeFailure {
  readonly message: string;
  /** The innermost function that has a name. At most {@link NAME_MAX} characters. */
  readonly thrownIn?: string;
}

/** Characters of a function's name: more than anybody writes. */
const NAME_MAX = 200;

/** A named function's frame: `    at Order.price (file.js:3:5)`. */
const FRAME = /^[ \t]*at (?:async |new )?([\p{L}_$][\p{L}\p{N}_$.]*)(?: \[as [^\]\n]+\])? \(/mu;

/** Where the stack ends is chance: any function on the way may be the one that was one too many. */
const STACK_EXCEEDED = 'Maximum call stack size exceeded';

/** @param stack of the error; its frames may have any places, as only names are taken */
export function codeFailure(message: string, stack: string | null | undefined): CodeFailure {
  const frame = message.includes(STACK_EXCEEDED) ? undefined : FRAME.exec(stack ?? '')?.[1];
  // A bundler numbers functions and classes of the same name.
  const name = frame?.slice(0, NAME_MAX).replaceAll(/\$?\d+(?=\.|$)/g, '');
  return { message, ...(name && { thrownIn: name }) };
}
