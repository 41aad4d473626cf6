/** How the demo talks: numbered chapters, and under each what was done. */

import { formatDuration } from '../../shared/duration.ts';
import type { Output } from '../output.ts';
import type { Progress } from '../progress.ts';

export interface Narrator {
  /** A chapter's heading with a sentence on why. */
  chapter(title: string, why: string): void;
  /** One thing that was done. */
  done(text: string): void;
  /** Something that was refused or found, and that the reader should see. */
  alarm(text: string): void;
  text(text: string): void;
  progress(title: string): Progress;
  elapsed(): string;
}

export function createNarrator(output: Output, clock: () => number): Narrator {
  const { palette } = output;
  const startedMs = clock();
  let count = 0;
  const write = (text: string) => output.raw(`${text}\n`);
  return {
    chapter(title, why) {
      count += 1;
      write(`\n${palette.bold(palette.cyan(`${count}  ${title}`))}\n${palette.dim(`   ${why}`)}`);
    },
    done: (text) => write(`   ${palette.green('✓')} ${text}`),
    alarm: (text) => write(`   ${palette.red('✗')} ${text}`),
    text: (text) => write(text),
    progress: (title) => output.progress(`  ${title}`),
    elapsed: () => formatDuration(clock() - startedMs),
  };
}
