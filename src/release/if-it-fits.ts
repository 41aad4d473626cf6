/** What is made of code. Where it cannot be read, or its pieces do not fit together, there is nothing to replay: `undefined`. */
export function ifItFits<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
