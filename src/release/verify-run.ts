/**
 * What the histories in an explanation say of it: that trace, input, end and summary follow from them, that it was the version
 * shown that took the decisions, and that the start says why.
 *
 * Invariants
 * 1. The histories themselves are proven by their digest, which the audit trail has. All that is said here rests on that.
 * 2. Which version it was follows from the build that decided last; of versions with one artifact, from a move or the stamp.
 */
import { buildRecording, stampOf } from '../recording/build-recording.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { deployedBuilds } from '../recording/deployed-builds.ts';
import type { History, Recording } from '../recording/recording.ts';
import { missionOfDeployment } from '../registry/deployments.ts';
import { messageOf } from '../shared/errors.ts';
import { type Json, jsonEquals } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import { buildIdOf } from '../temporal/worker-deployments.ts';
import { type ExplanationFile, type PartCheck, SERVER_REASON } from './explanation.ts';

/** The histories of a file, and all that follows from them. */
export type RunEvidence =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'read'; readonly recording: Recording; readonly first: History };

export function readEvidence({ run: { content, summary } }: ExplanationFile): RunEvidence {
  if (content === null) return { kind: 'none' };
  try {
    const histories = decodeRecordingContent(Buffer.from(content, 'base64'));
    const recording = buildRecording(histories, { workflowId: summary.workflowId, maker: null });
    return { kind: 'read', recording, first: recording.histories[0] ?? {} };
  } catch (error) {
    return { kind: 'unreadable', why: `The histories cannot be read: ${messageOf(error)}` };
  }
}

export function checkRun(file: ExplanationFile, evidence: RunEvidence): PartCheck[] {
  if (evidence.kind === 'none') return unproven('The run is not recorded.');
  if (evidence.kind === 'unreadable') {
    const rest = unproven('The histories cannot be read.').filter(({ part }) => part !== 'trace');
    return [{ part: 'trace', state: 'broken', message: evidence.why }, ...rest];
  }
  const { recording, first } = evidence;
  return [
    { part: 'trace', ...checkTrace(file, recording) },
    { part: 'run', ...(summaryProblem(file, recording) ?? checkVersion(file, recording, first)) },
    { part: 'stamp', ...checkStamp(file, first) },
  ];
}

type Found = Omit<PartCheck, 'part'>;

const broken = (message: string): Found => ({ state: 'broken', message });

function unproven(message: string): PartCheck[] {
  return (['trace', 'run', 'stamp'] as const).map((part) => ({ part, state: 'unproven', message }));
}

function checkTrace({ run: shown }: ExplanationFile, recording: Recording): Found {
  if (recording.digest !== shown.summary.digest) return broken('The histories are not those that were recorded.');
  const { trace, input, end } = shown;
  const own = { trace: recording.trace, input: recording.input, end: recording.end };
  if (!jsonEquals(JSON.parse(JSON.stringify(own)), { trace, input, end } as Json))
    return broken('Trace, input or end do not follow from the histories.');
  return { state: 'proven', message: 'It follows from the recorded histories.' };
}

const SUMMARY = ['id', 'workflowId', 'runId', 'workflowType', 'startedAt', 'endedAt', 'links', 'events'] as const;

function summaryProblem({ run: { summary }, version }: ExplanationFile, recording: Recording): Found | undefined {
  const other = SUMMARY.filter((name) => summary[name] !== recording[name]);
  if (other.length > 0) return broken(`By its histories it has another ${other.join(', ')}.`);
  const { mission, version: number, artifact = version.artifact } = summary;
  const isOne = mission === version.mission && number === version.number && artifact === version.artifact;
  return isOne ? undefined : broken(`It is listed as a run of ${formatVersionRef({ mission, number })}.`);
}

function checkVersion({ version, moves }: ExplanationFile, { histories }: Recording, first: History): Found {
  const ref = formatVersionRef(version);
  const stamp = stampOf(first);
  if (stamp !== undefined && stamp.mission !== version.mission) return broken(`It was started as ${stamp.version}.`);
  const own = deployedBuilds(histories).filter((one) => missionOfDeployment(one.deploymentName) === version.mission);
  const build = own.at(-1)?.buildId ?? (stamp && buildIdOf(stamp.artifact));
  if (build === undefined) return { state: 'unproven', message: 'No worker of the mission took a decision.' };
  if (build !== buildIdOf(version.artifact))
    return broken(`Build ${build} decided, and ${ref} is build ${buildIdOf(version.artifact)}.`);
  const last = moves.findLast((move) => move.to === version.number || isAway(move, version.number));
  if (last !== undefined && last.to !== version.number)
    return broken(`It was moved on from ${ref} to @${last.to}, which is the same artifact.`);
  if (last !== undefined || stamp?.version === ref)
    return { state: 'proven', message: `Build ${build} decided, and it was ${last ? 'moved' : 'started'} as ${ref}.` };
  if (stamp !== undefined && buildIdOf(stamp.artifact) === build) return broken(`It was started as ${stamp.version}.`);
  const which = stamp === undefined ? 'It has no stamp' : `It was started as ${stamp.version}, and no move is shown`;
  return {
    state: 'unproven',
    message: `Build ${build} of ${ref} decided. ${which}: another version may be that build.`,
  };
}

/** Between versions of one artifact no build tells that a run was moved. */
function isAway({ from, ground }: ExplanationFile['moves'][number], number: number): boolean {
  return from === number && ground === 'same-artifact';
}

const STAMPED = ['reason', 'revision', 'rule', 'bucket', 'probability'] as const;

function checkStamp({ routing }: ExplanationFile, first: History): Found {
  const stamp = stampOf(first);
  if (stamp === undefined) {
    const { reason, rule, bucket, probability } = routing;
    const isMadeUp = reason !== SERVER_REASON || (rule ?? bucket ?? probability) !== undefined;
    if (isMadeUp) return broken('No start stamped a reason on it.');
    return {
      state: 'unproven',
      message: `The server started it. That revision ${routing.revision} held is not stamped.`,
    };
  }
  const { reason, revision } = stamp;
  if (STAMPED.some((name) => routing[name] !== stamp[name]))
    return broken(`Its start stamped on it: revision ${revision}, ${reason}.`);
  return { state: 'proven', message: `Its start stamped revision ${revision} and this reason on it.` };
}
