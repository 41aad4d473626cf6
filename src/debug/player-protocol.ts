/** What a debugger and its thread say to each other. Everything here survives structured cloning. */
import type { MissionDefinition } from '../mission/definition.ts';
import type { ReplayInput } from '../replay/departure.ts';
import type { Edit } from './edit.ts';
import type { LiveState } from './moment.ts';
import type { Play, PlayOptions } from './player.ts';

export interface PlayerThreadOptions extends PlayOptions {
  readonly code: string;
  readonly definition: MissionDefinition | undefined;
  readonly input: Omit<ReplayInput, 'histories'>;
  /** As `encodeRecordingContent` writes it. */
  readonly content: Uint8Array;
}

export interface ToPlayer {
  readonly id: number;
  readonly edits: readonly Edit[];
  /** A moment to inspect; left out to play. */
  readonly inspect?: number | undefined;
}

export type FromPlayer =
  | { readonly id: number; readonly play: Play }
  | { readonly id: number; readonly state: LiveState }
  | { readonly id: number; readonly failed: string };
