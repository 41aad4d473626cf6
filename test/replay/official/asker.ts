/** A process that asks Temporal's replayer about a recording, `asker.ts <bundle> <content>`, and says the process it asks once that is at it. */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { replayLimits } from '../../../src/replay/answer-policy.ts';
import { OfficialReplayer } from '../../../src/replay/official-replayer.ts';

subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  // What bundles sources starts processes too.
  child.once('message', () => setTimeout(() => console.log(child.pid), 1_000));
});
const [, , bundle = '', content = ''] = process.argv;
const replayer = new OfficialReplayer(await readFile(bundle, 'utf8'), replayLimits.parse({}));
await replayer.ask(await readFile(content), 'retried');
