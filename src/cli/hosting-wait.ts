/** Waiting for workers on the command line: the option, and what is shown meanwhile. */
import { type HostingWait, whyNot } from '../fleet/require-hosted.ts';
import { formatDuration } from '../shared/duration.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { option } from './command.ts';
import type { CliIo } from './io.ts';
import type { Output } from './output.ts';
import { readDuration } from './read-values.ts';

export interface WaitOptions {
  /** Milliseconds. */
  readonly wait?: number;
}

export function waitOption() {
  return option(
    '--wait <duration>',
    'how long a worker may take to become ready (default: 30s, with --force not at all)',
    readDuration,
  );
}

/** Runs something that waits for workers, and shows what it waits for. */
export async function whileWaiting<T>(
  { io, output, options }: { readonly io: CliIo; readonly output: Output; readonly options: WaitOptions },
  work: (hosting: HostingWait) => Promise<T>,
): Promise<T> {
  let progress: ReturnType<Output['progress']> | undefined;
  let said = '';
  try {
    return await work({
      waitMs: options.wait,
      signal: io.signal,
      onWaiting: (status, elapsedMs) => {
        progress ??= output.progress('waiting for a worker');
        const names = status.missing.map(({ version }) => formatVersionRef(version)).join(', ');
        const text = `of ${names}: ${whyNot(status)}`;
        if (io.isInteractive) progress.say(`${text} (${formatDuration(elapsedMs)})`);
        else if (text !== said) progress.say(text);
        said = text;
      },
    });
  } finally {
    progress?.end();
  }
}
