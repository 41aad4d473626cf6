/** Workflows that the tests of this room host. */

export async function greet(name: string): Promise<string> {
  return `hello ${name}`;
}
