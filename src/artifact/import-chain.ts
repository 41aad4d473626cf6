/** Remembers who imported whom during one build, so that an error can show the way to the file that is at fault. */
import { relative } from 'node:path';

export class ImportChain {
  readonly #importerOf = new Map<string, string>();
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Notes that `importer` imports the file `path`; the first importer of a file is the one that is shown. */
  add(path: string, importer: string): void {
    if (importer !== '' && !this.#importerOf.has(path)) this.#importerOf.set(path, importer);
  }

  /** `workflows/triage/workflow.ts → workflows/triage/clock.ts → node:crypto` */
  describe(importer: string, specifier: string): string {
    const files: string[] = [];
    const seen = new Set<string>();
    for (let file: string | undefined = importer; file !== undefined && !seen.has(file); ) {
      seen.add(file);
      files.unshift(relative(this.#root, file));
      file = this.#importerOf.get(file);
    }
    return [...files, specifier].join(' → ');
  }
}
