/** Everything that passes between a replay and the workflow's code, written down, so that any moment can be had again. */
import type { Activation } from '../replay/proto.ts';
import type { RunFacts, Sandbox, SandboxAnswer } from '../replay/sandbox.ts';

/** One exchange. */
export interface TapedTurn {
  readonly activation: Activation;
  readonly answer: SandboxAnswer;
}

/** One run of the workflow's code: a link of the chain. */
export interface TapedLink {
  readonly first: Activation;
  readonly facts: RunFacts;
  /** Whether patches without a marker were taken as present. */
  readonly assumesPatches: boolean;
  readonly turns: TapedTurn[];
}

/** A sandbox that writes down what passes, onto `tape`. */
export function taped(sandbox: Sandbox, tape: TapedLink[]): Sandbox {
  return {
    async start(first, facts, assumedPatches) {
      const link: TapedLink = { first, facts, assumesPatches: assumedPatches !== undefined, turns: [] };
      tape.push(link);
      const run = await sandbox.start(first, facts, assumedPatches);
      return {
        async activate(activation) {
          const answer = await run.activate(activation);
          link.turns.push({ activation, answer });
          return answer;
        },
        dispose: () => run.dispose(),
      };
    },
    get isSpoiled() {
      return sandbox.isSpoiled;
    },
    destroy: () => sandbox.destroy(),
  };
}
