/** The features of an integration, recorded once: replayed as they are and edited, and what is told of each. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { bundleWorkflows, type WorkflowBundle } from '../../../src/artifact/bundle-workflows.ts';
import { loadPlugins } from '../../../src/cli/load-plugins.ts';
import { WHOLE_REQUEST } from '../../../src/compare/describe.ts';
import type { ReplayResult } from '../../../src/compare/outcome.ts';
import { differenceLines } from '../../../src/compare/render/change-lines.ts';
import { parsePolicy } from '../../../src/gate/parse-policy.ts';
import type { ReplayPolicyInput } from '../../../src/gate/policy.ts';
import { readHistoryFiles } from '../../../src/recording/history-files.ts';
import { replayRecordings } from '../../../src/release/replay-recordings.ts';
import type { JsonObject } from '../../../src/shared/json.ts';
import { bothEngines } from '../plain/activations.ts';
import { type Feature, type RecordedFeature, recordFeatures } from './features.ts';
import { type AssistantProject, type Integration, makeAssistant } from './record.ts';

/** Texts of the workflows, and others instead. */
export type Edits = Parameters<AssistantProject['variant']>[0];

/** Where a feature is another first: its name, the step, the first place in the request, and a line that shows it. */
export type Told = readonly [name: string, step: string, pointer: string, line: string];

export class FeatureBench {
  readonly #project: AssistantProject;
  readonly #recorded: ReadonlyMap<string, RecordedFeature>;
  readonly #bundles = new Map<Edits | undefined, Promise<WorkflowBundle>>();

  private constructor(project: AssistantProject, recorded: ReadonlyMap<string, RecordedFeature>) {
    this.#project = project;
    this.#recorded = recorded;
  }

  static async record(address: string, integration: Integration, features: readonly Feature[]): Promise<FeatureBench> {
    const project = await makeAssistant(integration, ['features.ts', 'feature-plugins.ts']);
    return new FeatureBench(project, await recordFeatures(address, project, features));
  }

  /** How each run ended, by name. */
  get ends(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#recorded].map(([name, { end }]) => [name, end]));
  }

  /** Replays what was recorded with the very code that made it, checked against itself first. */
  unchanged(): Promise<readonly ReplayResult[]> {
    return this.#replay(undefined, { secondOpinion: 'all' });
  }

  changed(edits: Edits, policy: ReplayPolicyInput = {}): Promise<readonly ReplayResult[]> {
    return this.#replay(edits, policy);
  }

  async #replay(edits: Edits | undefined, policy: ReplayPolicyInput): Promise<readonly ReplayResult[]> {
    const given = {
      candidate: { bundle: await this.#bundle(edits) },
      ...(edits === undefined && { baseline: { bundle: await this.#bundle(undefined) } }),
      policy: parsePolicy(policy as JsonObject, 'the test'),
    };
    const results: ReplayResult[] = [];
    for await (const event of replayRecordings(given, readHistoryFiles(join(this.#project.root, 'histories')))) {
      if (event.kind !== 'result') throw new Error(`${event.excluded.recording.id}: ${event.excluded.detail}`);
      results.push(event.result);
    }
    return results;
  }

  /** Bundling such a project takes seconds: once for each. */
  #bundle(edits: Edits | undefined): Promise<WorkflowBundle> {
    const made = this.#bundles.get(edits) ?? this.#makeBundle(edits);
    this.#bundles.set(edits, made);
    return made;
  }

  async #makeBundle(edits: Edits | undefined): Promise<WorkflowBundle> {
    const { root, workflows } = this.#project;
    const plugins = await loadPlugins('src/plugins.ts', root);
    return bundleWorkflows({ workflowsPath: edits ? await this.#project.variant(edits) : workflows, plugins, root });
  }

  /** What each feature that is another leaves the recorded way with, in the order in which they were recorded. */
  told(results: readonly ReplayResult[]): readonly Told[] {
    return this.#named(results).flatMap(([name, { divergence }]) => {
      if (!divergence) return [];
      const lines = differenceLines(divergence.differences, WHOLE_REQUEST);
      const texts = lines.map(({ kind, parts }) => `${SIGNS[kind]}${parts.map(({ text }) => text).join('')}`);
      return [[name, divergence.step, divergence.differences[0]?.pointer ?? '', texts.join('\n')] as const];
    });
  }

  /** How the candidates ended, by name: the result, or why they failed. */
  candidateEnds(results: readonly ReplayResult[]): Readonly<Record<string, unknown>> {
    const ends = this.#named(results).map(([name, { candidateEnd: end, failure }]) => {
      if (end?.status === 'completed') return [name, end.result];
      return [name, end?.status === 'failed' ? end.failure.message : failure?.message];
    });
    return Object.fromEntries(ends);
  }

  #named(results: readonly ReplayResult[]): (readonly [name: string, result: ReplayResult])[] {
    return [...this.#recorded].flatMap(([name, { runs }]) => {
      const result = results.find(({ recording }) => recording.workflowId === runs[0]?.workflowId);
      return result === undefined ? [] : [[name, result] as const];
    });
  }

  /** Gives every history to both engines. */
  async expectSameActivations(): Promise<void> {
    const runs = [...this.#recorded.values()].flatMap((feature) => feature.runs);
    for (const { name, error, ours, core } of await bothEngines(await this.#bundle(undefined), runs)) {
      expect({ name, error }).toEqual({ name, error: undefined });
      expect(ours.length, name).toBeGreaterThan(0);
      expect(ours, name).toEqual(core);
    }
  }

  remove(): Promise<void> {
    return this.#project.remove();
  }
}

/** Each where it is expected, with a text that holds the line. */
export function expectTold(told: readonly Told[], expected: readonly Told[]): void {
  const places = (all: readonly Told[]) => all.map(([name, step, pointer]) => [name, step, pointer]);
  expect(places(told)).toEqual(places(expected));
  for (const [index, [name, , , line]] of expected.entries()) expect(told[index]?.[3], name).toContain(line);
}

/** Whether Temporal's replayer says of all that were given to it what we say. */
export function expectSameOpinion(results: readonly ReplayResult[]): void {
  const asked = results.filter(({ official }) => official !== undefined);
  expect(asked.length).toBeGreaterThan(0);
  for (const { recording, official, determinism } of asked) {
    expect(official?.deterministic, recording.id).toBe(determinism.deterministic);
  }
}

const SIGNS = { same: '  ', removed: '- ', added: '+ ', value: '', skip: '' } as const;
