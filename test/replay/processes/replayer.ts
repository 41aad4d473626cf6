/**
 * A process that replays recordings: `replayer.ts <bundle> <recordings as JSON>`. It says the id of each process that begins one, and at the end what
 * became of each recording.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { answerPolicy, replayLimits } from '../../../src/replay/answer-policy.ts';
import { type ReplaySource, replayCohort } from '../../../src/replay/replay-cohort.ts';

interface Given {
  readonly summary: ReplaySource['summary'];
  /** In base64. */
  readonly content: string;
}

subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  child.on('message', (said: { readonly kind?: string }) => {
    if (said.kind === 'begun') console.log(JSON.stringify({ pid: child.pid }));
  });
});

const [, , bundle = '', recordings = ''] = process.argv;
const given = JSON.parse(await readFile(recordings, 'utf8')) as readonly Given[];

async function* sources(): AsyncGenerator<ReplaySource> {
  for (const { summary, content } of given) yield { summary, content: Buffer.from(content, 'base64') };
}

const options = {
  candidate: { name: 'candidate', bundle: { code: await readFile(bundle, 'utf8') } },
  answers: answerPolicy.parse({}),
  limits: replayLimits.parse({ perRecordingMs: 60_000, memoryMb: 256 }),
  secondOpinion: 0,
  workers: 1,
};
for await (const event of replayCohort(options, sources())) {
  const outcome = event.kind === 'result' ? event.result.outcome : event.excluded.reason;
  console.log(JSON.stringify({ outcome }));
}
