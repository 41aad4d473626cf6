/** What git knows of a project when a version is published from it. */
import type { VersionCommit } from '../registry/versions.ts';
import { runCommand } from '../temporal/run-command.ts';

export interface GitFacts {
  /** `null` where there is no git, no repository, or no commit yet. */
  readonly commit: VersionCommit | null;
  /** `Ada Lovelace <ada@example.org>`, as git would sign a commit. */
  readonly author: string | undefined;
  /** First line of the commit's message; `undefined` when the published source is not that of the commit. */
  readonly subject: string | undefined;
}

const TIMEOUT_MS = 10_000;

/** Our own folder is written by every command and says nothing of the source. */
const PATHS = ['--', '.', ':(exclude).mission'];

/** Reads commit, branch, author and whether the project has changes that are in no commit. Never throws. */
export async function readGitFacts(root: string): Promise<GitFacts> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    const { ok, stdout } = await runCommand('git', args, { timeoutMs: TIMEOUT_MS, cwd: root });
    return ok ? stdout.trim() : undefined;
  };
  const [sha, branch, status, name, email, subject] = await Promise.all([
    git('rev-parse', '--verify', 'HEAD'),
    git('symbolic-ref', '--short', '--quiet', 'HEAD'),
    git('status', '--porcelain', ...PATHS),
    git('config', 'user.name'),
    git('config', 'user.email'),
    git('log', '-1', '--format=%s'),
  ]);
  const dirty = status !== '';
  return {
    commit: sha === undefined ? null : { sha, branch: branch ?? null, dirty },
    author: signature(name, email),
    subject: sha === undefined || dirty ? undefined : subject,
  };
}

function signature(name: string | undefined, email: string | undefined): string | undefined {
  if (!name) return email || undefined;
  return email ? `${name} <${email}>` : name;
}
