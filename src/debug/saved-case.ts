/** All that the debugger needs of a run, in one file: to take it to another machine, or from the process that has the registry. */
import * as z from 'zod';
import type { Artifact } from '../artifact/artifact.ts';
import { parseArtifact, serialiseArtifact } from '../artifact/artifact-text.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import { buildRecording } from '../recording/build-recording.ts';
import { decodeRecordingContent, encodeRecordingContent } from '../recording/content.ts';
import type { Recording } from '../recording/recording.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { Program } from './program.ts';

export interface DebugCase {
  readonly recording: Recording;
  readonly program: Program;
}

const savedCase = z.strictObject({
  format: z.literal(1),
  workflowId: z.string(),
  redacted: z.boolean(),
  /** `encodeRecordingContent`, base64. */
  content: z.base64(),
  program: z.strictObject({ name: z.string(), artifact: z.string() }),
});

/** The text of a case that has an artifact. @throws MissionError `USAGE` for plain workflows: their files are all there is. */
export function serialiseCase({ recording, program }: DebugCase): string {
  if (program.artifact === undefined) {
    throw new MissionError('USAGE', 'Plain workflows have no artifact that could be saved.', {
      remedy: 'Keep the history file and the commit of the workflows instead.',
    });
  }
  const saved: z.infer<typeof savedCase> = {
    format: 1,
    workflowId: recording.workflowId,
    redacted: recording.redacted,
    content: Buffer.from(encodeRecordingContent(recording.histories)).toString('base64'),
    program: { name: program.name, artifact: serialiseArtifact(program.artifact) },
  };
  return `${JSON.stringify(saved)}\n`;
}

/** @throws MissionError `USAGE` when the text is no saved case, `ARTIFACT_CORRUPT`, `HISTORY_INVALID`. */
export async function parseCase(text: string, where: string): Promise<DebugCase> {
  const { workflowId, redacted, content, program } = read(text, where);
  const histories = decodeRecordingContent(Buffer.from(content, 'base64'));
  return {
    recording: buildRecording(histories, { workflowId, redacted }),
    program: await programOf(program.name, parseArtifact(program.artifact)),
  };
}

function read(text: string, where: string): z.infer<typeof savedCase> {
  try {
    return savedCase.parse(JSON.parse(text));
  } catch (error) {
    throw new MissionError('USAGE', `${where} is not what mission debug --save writes: ${messageOf(error)}.`, {
      remedy: 'Name a run, a folder of a regression case, or a saved file. A history file goes with --history.',
      cause: error,
    });
  }
}

/** An artifact, ready to be debugged with. */
export async function programOf(name: string, artifact: Artifact): Promise<Program> {
  return { name, bundle: await linkWorkflowBundle(artifact), definition: artifact.definition, artifact };
}
