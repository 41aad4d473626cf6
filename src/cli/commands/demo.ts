import type { Command } from 'commander';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { readCount } from '../read-values.ts';

interface Options {
  readonly runs: number;
  readonly seed: number;
}

const RUNS_DEFAULT = 200;

export function addDemo(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'demo',
    summary: 'the whole story on a refund mission: a reworded prompt is stopped before it takes a run',
    options: [
      option('--runs <count>', `production runs to record (default: ${RUNS_DEFAULT})`, readCount),
      option('--seed <number>', 'which requests; the same seed gives the same ones (default: 1)', readCount),
    ],
    examples: [['mission demo', 'under two minutes; everything stays in .mission/demo']],
    isHost: true,
    run,
  });
}

async function run({ io, output, context, options }: Call<Partial<Options>>): Promise<number> {
  if (output.json) {
    throw new MissionError('USAGE', 'The demo is for reading; it has no JSON.', {
      remedy: 'Leave --json out. Its reports are written as JSON too, and it says where.',
    });
  }
  const [{ tellStory }, { createNarrator }] = await Promise.all([
    import('../demo/story.ts'),
    import('../demo/narrator.ts'),
  ]);
  const narrator = createNarrator(output, () => performance.now());
  const { runs = RUNS_DEFAULT, seed = 1 } = options;
  await tellStory({ io, output, narrator, root: context.inside('demo'), runs, seed });
  return EXIT.ok;
}
