/** What this process takes together with those that it started: ours replay in processes of their own. */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';

/** Milliseconds of processor time since the start, and what is resident now. What processes share is counted in each of them. */
export interface Taken {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** As Linux counts processor time for programs, on every machine that Node runs on. */
const TICK_MS = 10;
/** The last that was seen of each; of one that has ended its time stays. */
const children = new Map<ChildProcess, Taken>();

/** Call it before processes are started. */
export function followChildren(): void {
  subscribe('child_process', (message) => {
    children.set((message as { readonly process: ChildProcess }).process, { cpuMs: 0, rssBytes: 0 });
  });
}

/** To be called often: what a process takes between the last call and its end is not seen. */
export function taken(): Taken {
  for (const [child, last] of children) children.set(child, takenBy(child.pid) ?? { ...last, rssBytes: 0 });
  const { user, system } = process.cpuUsage();
  const all = [...children.values(), { cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() }];
  return {
    cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  };
}

/** `undefined` when it has ended. */
function takenBy(pid: number | undefined): Taken | undefined {
  try {
    // The name, in parentheses, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    if (resident === null) return undefined;
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, rssBytes: Number(resident[1]) * 1_024 };
  } catch {
    return undefined;
  }
}
