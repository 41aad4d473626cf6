/** What the process of a debugger is told and asked, and what it answers. Everything here survives structured cloning. */
import type { MissionDefinition } from '../mission/definition.ts';
import type { ReplayInput } from '../replay/departure.ts';
import type { Edit } from './edit.ts';
import type { LiveState } from './moment.ts';
import type { Play, PlayOptions } from './player.ts';

export interface PlayerOptions extends PlayOptions {
  readonly code: string;
  readonly definition: MissionDefinition | undefined;
  readonly input: Omit<ReplayInput, 'histories'>;
  /** As `encodeRecordingContent` writes it. */
  readonly content: Uint8Array;
}

export interface PlayerQuestion {
  readonly edits: readonly Edit[];
  /** A moment to inspect; left out to play. */
  readonly inspect?: number | undefined;
}

export type PlayerAnswer = { readonly play: Play } | { readonly state: LiveState } | { readonly failed: string };
