/** Whether the keys are set up so that all processes of a registry have the same. Pure. */
import type { DoctorFinding } from '../temporal/doctor.ts';

export interface KeyFacts {
  /** Whether the registry serves several machines. */
  readonly isShared: boolean;
  /** Where the redaction key is; `none` until a run is recorded here. */
  readonly redaction: 'environment' | 'file' | 'none';
  /** Where the keys of payloads are, and how many; absent when nothing is encrypted. */
  readonly payloads: { readonly place: string; readonly count: number } | undefined;
}

export function keyFindings({ isShared, redaction, payloads }: KeyFacts): readonly DoctorFinding[] {
  return [redactionFinding(isShared, redaction), payloadFinding(payloads)];
}

function redactionFinding(isShared: boolean, place: KeyFacts['redaction']): DoctorFinding {
  const check = 'redaction key';
  if (place === 'environment') return { check, status: 'ok', found: 'MISSION_REDACTION_KEY' };
  const found = place === 'file' ? '.mission/redaction.key' : 'none yet; made when the first run is recorded';
  if (!isShared) return { check, status: 'ok', found };
  return {
    check,
    status: 'warn',
    found: `${found}, on this machine alone`,
    remedy:
      'Several machines share the registry, and each would replace values in its own way: give all of them the same MISSION_REDACTION_KEY.',
  };
}

function payloadFinding(payloads: KeyFacts['payloads']): DoctorFinding {
  const check = 'payload keys';
  if (payloads === undefined) return { check, status: 'ok', found: 'none: payloads and recordings are not encrypted' };
  const { place, count } = payloads;
  return { check, status: 'ok', found: `${count} in ${place}, the first encrypts` };
}
